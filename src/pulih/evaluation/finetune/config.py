"""Settings of fine-tuning a restorer on scans with ground truth."""

from pydantic import Field

from pulih.common.config import StageConfig
from pulih.restorer.config import OptimizerConfig


class FinetuneConfig(StageConfig):
    """How the generator goes on learning from patches of pages; pixel losses only, statistics of norms stay."""

    seed: int = Field(1, ge=0)
    steps: int = Field(2000, ge=1, description="per left-out group")
    batch_size: int = Field(8, ge=1)
    patch: int = Field(128, ge=64, le=512, multiple_of=32, description="side of a patch at the normalised text scale")
    bce: float = Field(1.0, ge=0, description="cross-entropy with the ink coverage")
    pixel: float = Field(1.0, ge=0, description="Charbonnier distance")
    ssim: float = Field(0.15, ge=0)
    largest_zoom: float = Field(1.25, ge=1, le=2, description="patches are enlarged or reduced by up to this factor")
    palest: float = Field(0.7, gt=0, le=1, description="ink is made paler by up to this factor")
    aged: float = Field(0.5, ge=0, le=1, description="share of patches that are aged further: stains, the other side")
    least_ink: float = Field(0, ge=0, lt=1, description="share of ink below which another patch is drawn; 0 = none is")
    doubts: tuple[float, ...] = Field(
        (0, 3, 6), min_length=1, description="strengths of the doubt (keep_unsure) to choose from"
    )
    optimizer: OptimizerConfig = OptimizerConfig(generator_rate=1e-3, ema_decay=0.99)
    checkpoint_every: int = Field(50, ge=1)
    threads: int = Field(1, ge=1, exclude=True, description="CPU threads")


class FoldConfig(StageConfig):
    """One fold: the settings, and what decides its result beside the initial restorer."""

    settings: FinetuneConfig
    left_out: str = Field(description="the group whose pages were not seen")
    pages: tuple[str, ...] = Field(description="names of the pages learned from")
    material: str = Field(description="digest of the scans, ground truths and the code that prepares them")
    seed: int = 0
