"""Settings of the evaluation."""

from pydantic import Field, field_validator

from pulih.common.config import StageConfig
from pulih.recognizer.margin import SURER


class EvaluationConfig(StageConfig):
    """How a restorer is measured; every interval is a percentile bootstrap."""

    seed: int = Field(0, ge=0, description="of the bootstrap")
    resamples: int = Field(2000, ge=100, le=100_000, description="bootstrap draws per group")
    level: float = Field(0.95, gt=0.5, lt=1, description="coverage of the intervals")
    batch_lines: int = Field(32, ge=1, description="lines read by the recognizer at a time")
    selection_margin: float = Field(
        SURER, ge=0, lt=1, description="how much surer the recognizer must be of a restored line for it to be selected"
    )
    sauvola_window: int = Field(25, ge=3, description="side of Sauvola's neighbourhood in pixels, odd")
    sauvola_k: float = Field(0.2, gt=0, lt=1, description="Sauvola's sensitivity to contrast")
    examples: int = Field(3, ge=1, le=20, description="lines shown of the worst, the median and the best each")

    @field_validator("sauvola_window")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("must be odd, so that the neighbourhood has a centre")
        return value
