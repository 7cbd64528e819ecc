"""Settings of the benchmark."""

from pydantic import Field

from pulih.common.config import StageConfig
from pulih.restorer.contract import INK_BELOW


class BenchmarkConfig(StageConfig):
    """How pages are binarized and how the figures are summarized; the same for every page and year."""

    seed: int = Field(0, ge=0, description="of the bootstrap")
    resamples: int = Field(10_000, ge=100, le=100_000, description="bootstrap draws over pages")
    level: float = Field(0.95, gt=0.5, lt=1, description="coverage of the intervals")
    window: int = Field(25, ge=3, description="side of Sauvola's and Wolf's neighbourhood in pixels")
    sauvola_k: float = Field(0.2, gt=0, lt=1, description="Sauvola's sensitivity to contrast")
    wolf_k: float = Field(0.2, gt=0, lt=1, description="Wolf's sensitivity to contrast")
    line_height: int = Field(120, ge=12, description="for the background division, in pixels")
    threshold: int = Field(INK_BELOW, ge=1, le=255, description="restored grey levels below it are ink")
