"""Settings of the synthesis stage."""

from typing import Literal

from pydantic import Field, model_validator

from pulih.common.config import StageConfig
from pulih.data.lines import Split


class DegradationRates(StageConfig):
    """The share of lines that get each degradation at severity 1; at severity 0 it is the cube of that."""

    paper_texture: float = Field(1.0, ge=0, le=1)
    laid_lines: float = Field(0.5, ge=0, le=1, description="the marks of the paper mould")
    folds: float = Field(0.2, ge=0, le=1)
    uneven_light: float = Field(0.7, ge=0, le=1)
    ink_fading: float = Field(0.8, ge=0, le=1)
    iron_gall_halo: float = Field(0.4, ge=0, le=1, description="brown migration of the ink around its strokes")
    bleed_through: float = Field(0.55, ge=0, le=1, description="ink of the other side that soaked through")
    show_through: float = Field(0.5, ge=0, le=1, description="the other side seen through thin paper")
    stains: float = Field(0.45, ge=0, le=1, description="dried liquids with a dark rim")
    foxing: float = Field(0.35, ge=0, le=1)
    holes: float = Field(0.12, ge=0, le=1)
    blur: float = Field(0.9, ge=0, le=1)
    noise: float = Field(1.0, ge=0, le=1)
    jpeg: float = Field(0.6, ge=0, le=1)


class SynthesisConfig(StageConfig):
    """What to write: how many lines and pages, in which hands, words and conditions.

    ``workers`` does not change the result and is therefore part of neither the digest nor the manifest.
    """

    seed: int = 0
    height: Literal[64, 128] = Field(64, description="line height in pixels")
    min_width: int = Field(224, ge=64, description="narrowest line aimed at, in pixels at a height of 64")
    max_width: int = Field(512, ge=64, le=2048, description="no line is wider, in pixels at a height of 64")
    train: int = Field(6000, ge=0, description="lines to train on")
    validation: int = Field(300, ge=0)
    test_seen: int = Field(300, ge=0, description="test lines: unseen words in fonts of the training")
    test_unseen: int = Field(300, ge=0, description="test lines: unseen words in held-out fonts")
    pages: int = Field(12, ge=0, description="whole pages, the reference of the drift check")
    train_pages: int = Field(0, ge=0, description="whole pages to train on, in words and fonts of the training")
    shard_size: int = Field(250, ge=1, description="lines per file")
    languages: dict[str, float] = Field({"nl": 0.5, "ms": 0.2, "id": 0.1, "en": 0.2}, description="wordfreq weights")
    vocabulary: int = Field(20_000, ge=100, le=100_000, description="most frequent words taken per language")
    historical_spelling: float = Field(0.5, ge=0, le=1, description="share of words in a 17th-18th century spelling")
    text_files: tuple[str, ...] = Field((), description="the user's UTF-8 texts; they replace the word lists")
    unknown_characters: Literal["refuse", "skip"] = Field("refuse", description="words of text_files off the charset")
    fonts: tuple[str, ...] = Field((), description="fonts of the training; by default those of fonts.json")
    held_out_fonts: tuple[str, ...] = Field((), description="fonts of test_unseen; by default those of fonts.json")
    font_dirs: tuple[str, ...] = Field((), description="folders with further .ttf or .otf files, named by file")
    severity_min: float = Field(0.0, ge=0, le=1)
    severity_max: float = Field(1.0, ge=0, le=1)
    neighbours: float = Field(0.3, ge=0, le=1, description="share of lines into which the next lines reach")
    rates: DegradationRates = DegradationRates()
    sources: str = Field(
        "", description="digest of the fonts and texts; filled in by the stage, refused when it differs"
    )
    workers: int = Field(0, ge=0, exclude=True, description="processes; 0 = one per core")

    @model_validator(mode="after")
    def _check_ranges(self) -> "SynthesisConfig":
        if self.min_width > self.max_width:
            raise ValueError(f"min_width {self.min_width} is above max_width {self.max_width}")
        if self.severity_min > self.severity_max:
            raise ValueError(f"severity_min {self.severity_min} is above severity_max {self.severity_max}")
        if not self.languages or min(self.languages.values()) < 0 or sum(self.languages.values()) <= 0:
            raise ValueError("languages need weights of at least 0, one of them above 0")
        if both := set(self.fonts) & set(self.held_out_fonts):
            raise ValueError(f"fonts both trained on and held out: {', '.join(sorted(both))}")
        return self

    def lines_of(self, split: Split) -> int:
        """Return how many lines a split has."""
        count: int = getattr(self, split)
        return count

    @property
    def scale(self) -> float:
        """Pixels per pixel of a line 64 high."""
        return self.height / 64
