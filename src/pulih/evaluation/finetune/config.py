"""Settings of fine-tuning a restorer on scans with ground truth."""

from pydantic import Field

from pulih.common.config import StageConfig
from pulih.restorer.config import PatchConfig


class FinetuneConfig(PatchConfig):
    """How the generator goes on learning from patches of scans."""

    seed: int = Field(1, ge=0)
    steps: int = Field(2000, ge=1, description="per left-out group")
    doubts: tuple[float, ...] = Field(
        (0, 3, 6), min_length=1, description="strengths of the doubt (keep_unsure) to choose from"
    )
    threads: int = Field(1, ge=1, exclude=True, description="CPU threads")


class FoldConfig(StageConfig):
    """One fold: the settings, and what decides its result beside the initial restorer."""

    settings: FinetuneConfig
    left_out: str = Field(description="the group whose pages were not seen")
    pages: tuple[str, ...] = Field(description="names of the pages learned from")
    material: str = Field(description="digest of the scans, ground truths and the code that prepares them")
    seed: int = 0
