"""Settings of the drift check."""

from pydantic import Field

from pulih.common.config import StageConfig


class DriftConfig(StageConfig):
    """What is compared with the synthetic pages, and when a difference is called drift.

    ``workers`` does not change the result and is therefore part of neither the digest nor the manifest.
    """

    seed: int = 0
    archive: str = Field(
        "", description="folder, file or s3:// prefix of page scans; by default archive/ in PULIH_REAL_DATA"
    )
    max_files: int = Field(1000, ge=1, description="scans described; of a larger archive a random sample is taken")
    max_broken: float = Field(0.2, ge=0, le=1, description="share of files that may be unreadable")
    confidence: float = Field(
        0.99, gt=0.5, lt=1, description="share of like samples that stay below a descriptor's threshold"
    )
    resamples: int = Field(1000, ge=100, le=100_000, description="like samples drawn to find the threshold")
    min_effect: float = Field(
        0.3, ge=0, description="smallest shift that counts, in standard deviations of the reference"
    )
    drift_share: float = Field(0.5, gt=0, le=1, description="share of drifted descriptors that makes the archive drift")
    gallery: int = Field(12, ge=0, le=100, description="pages furthest from the reference to show")
    workers: int = Field(0, ge=0, exclude=True, description="processes; 0 = one per core")
