"""Settings of a batch: what determines its pages, and how it is worked off."""

from typing import Literal

from pydantic import Field, model_validator

from pulih.common.config import StageConfig
from pulih.data.images import ImageLimits

Mode = Literal["keep-paper", "clean-paper", "binary"]
Format = Literal["auto", "png", "tiff", "jpeg"]
Read = Literal["no", "missing", "replace"]
MissingOutput = Literal["SKIP", "COPY", "ABORT"]
ExistingOutput = Literal["SKIP", "OVERWRITE", "ABORT"]


class HarmConfig(StageConfig):
    """Below which figures a page's original bytes are passed on untouched; docs/archives.md explains them."""

    min_confidence: float = Field(0.75, ge=0, le=1, description="of the network in its strokes; 0 passes nothing on")
    max_erased: float = Field(0.25, ge=0, le=1, description="share of the scan's thin marks that may vanish")
    max_colour_lost: float = Field(0.004, ge=0, le=1, description="share of the page whose paint may lose its colour")
    min_gain: float = Field(0.0, ge=-1, le=1, description="of a recognizer's confidence, where one is given")
    lines: int = Field(24, ge=1, le=500, description="lines of a page that a recognizer reads, at most")


class PageConfig(StageConfig):
    """What determines the result of a page; its digest is part of the key of every finished page."""

    mode: Mode = Field("keep-paper", description="the page's own paper, white paper, or black on white (1 bit)")
    format: Format = Field("auto", description="auto: a TIFF stays a TIFF, all else becomes PNG")
    quality: int = Field(92, ge=1, le=100, description="of JPEG")
    xml: bool = Field(False, description="take the PAGE or ALTO file beside an image along")
    confidence: bool = Field(False, description="also write where the network was unsure, as a picture to lay over")
    read: Read = Field("no", description="into XML: text of lines that have none, or of all")
    harm: HarmConfig = HarmConfig()
    limits: ImageLimits = ImageLimits()

    @model_validator(mode="after")
    def _bilevel_is_lossless(self) -> "PageConfig":
        if self.mode == "binary" and self.format == "jpeg":
            raise ValueError("binary pages are written as PNG or TIFF: JPEG would blur them")
        return self

    @property
    def takes_xml(self) -> bool:
        """Whether the XML files beside the images matter."""
        return self.xml or self.read != "no"


class BatchConfig(StageConfig):
    """A whole batch; what is not in ``page`` changes no result."""

    page: PageConfig = PageConfig()
    recursive: bool = Field(False, description="also the folders below")
    group: str = Field("", description="of a METS workspace: the file group to read; empty: the one with the scans")
    pages: str = Field("", description="of a METS workspace: a,b..c; empty: all")
    hosts: tuple[str, ...] = Field((), description="from which images of a IIIF manifest may be fetched")
    iiif: str = Field("", pattern=r"^(https?://.*)?$", description="where OUTPUT is served; then a manifest is written")
    iiif_scans: str = Field("", pattern=r"^(https?://.*)?$", description="where the scans are served, for the manifest")
    workers: int = Field(0, ge=0, le=256, description="processes; 0 = one per core")
    timeout: float = Field(300, gt=0, description="seconds for one file; then its process is killed")
    retries: int = Field(1, ge=0, le=10, description="further attempts after a time-out or a crash")
    missing_output: MissingOutput = Field("SKIP", description="what to do about a page that fails")
    existing_output: ExistingOutput = Field("SKIP", description="what to do about a file that another run wrote")
    max_failed: float = Field(1.0, ge=0, le=1, description="share of failed pages beyond which the batch stops")
    pixels_in_flight: int = Field(100_000_000, gt=0, description="of pages in work together; one is always admitted")
    grace: float = Field(20.0, ge=0, description="seconds that pages in work get to finish after SIGTERM")
    samples: int = Field(4, ge=0, le=50, description="pages shown of each kind in the report")


class ArchiveConfig(StageConfig):
    """A batch that several tasks work on at once, each on a part of the pages."""

    input: str = Field(min_length=1, description="folder, glob, list of paths (.txt), or s3:// prefix")
    output: str = Field(min_length=1, description="folder that every task sees, or s3:// prefix")
    restorer: str = Field("", description="artifact, a folder or s3:// prefix; empty: the one that comes with Pulih")
    recognizer: str = Field("", description="artifact that judges and reads, likewise; empty: none")
    parts: int = Field(4, ge=1, le=1000, description="tasks that the pages are divided among")
    batch: BatchConfig = BatchConfig()
