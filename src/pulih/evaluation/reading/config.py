"""Settings of the benchmark on real handwriting."""

from pydantic import Field

from pulih.common.config import StageConfig
from pulih.recognizer.margin import SURER


class AdaptationPlan(StageConfig):
    """How the reader is adapted in every fold; see ``AdaptationConfig`` for the meaning of the same names."""

    new_characters: str = Field("", description="characters added to the recognizer's charset")
    original_share: float = Field(0.5, ge=0, le=1, description="share of lines shown as scanned, the rest restored")
    validation_share: float = Field(0.1, gt=0, lt=0.5, description="lines of held-out writers that stop the training")
    steps: int = Field(400, ge=1)
    batch_size: int = Field(8, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    warmup_steps: int = Field(20, ge=0)
    validation_interval: int = Field(100, ge=1)
    patience: int = Field(2, ge=1)


class ReadingConfig(StageConfig):
    """How real lines are read before and after restoration; every interval is a percentile bootstrap over writers."""

    seed: int = Field(0, ge=0, description="of the choice of lines, the folds, the adaptation and the bootstrap")
    lines_per_manuscript: int = Field(0, ge=0, description="at most so many, drawn at random; 0: all")
    same_writer: tuple[tuple[str, ...], ...] = Field(
        (), description="groups of patterns of manuscripts (* and ?) that may share a hand: never apart in a fold"
    )
    folds: int = Field(3, ge=2, description="every writer is tested once, by a reader adapted to the others")
    paper_tone: int = Field(255, ge=128, le=255, description="grey that a crop's paper is brought to for the reader")
    selection_margin: float = Field(
        SURER, ge=0, lt=1, description="how much surer the reader must be of a restored line for it to be selected"
    )
    adaptation: AdaptationPlan = AdaptationPlan()
    resamples: int = Field(10_000, ge=100, le=100_000, description="bootstrap draws")
    level: float = Field(0.95, gt=0.5, lt=1, description="coverage of the intervals")
    batch_lines: int = Field(16, ge=1, description="lines read by the recognizer at a time")
    examples: int = Field(5, ge=1, le=20, description="lines shown of the worst, the median and the best each")
    threads: int = Field(1, ge=1, description="CPU threads", exclude=True)
