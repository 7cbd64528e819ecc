"""What a PAGE or ALTO file says of a page's lines, in its own units, and what Pulih adds to such a file."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulih.common.errors import InputError

Point = tuple[float, float]


@dataclass(frozen=True)
class LayoutLine:
    """A text line: ``polygon`` and ``baseline`` are points (x, y), empty where the file has none."""

    key: str
    polygon: tuple[Point, ...]
    baseline: tuple[Point, ...]
    text: str


@dataclass(frozen=True)
class Layout:
    """A page's layout; ``width`` and ``height`` are those the coordinates are for."""

    kind: str
    width: float
    height: float
    lines: tuple[LayoutLine, ...]


@dataclass(frozen=True)
class RestoredImage:
    """What is written about a restored page: its file as seen from the XML file, what made it, when (ISO 8601, UTC).

    ``features`` are OCR-D's words for what was done to it, with commas between; its workspaces know no others.
    """

    filename: str
    model: str
    settings: str
    software: str
    version: str
    time: str
    features: str = ""


@dataclass(frozen=True)
class ReadWord:
    """A recognized word: the mean probability of its characters, and where it is as shares of its line's width."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True)
class ReadLine:
    """What a recognizer read in a line, and the mean probability of the line's characters, in [0, 1]."""

    words: tuple[ReadWord, ...]
    confidence: float

    @property
    def text(self) -> str:
        """The words with a space between."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Recognition:
    """What is written about recognized text: what made it, from which image, when (ISO 8601, UTC)."""

    model: str
    image: str
    software: str
    version: str
    time: str

    def sentence(self) -> str:
        """Return what a reader of the file is to know."""
        return f"recognized by a model, not by a person: {self.software} {self.version}, model {self.model}"


def page_size(attributes: Mapping[str, str] | None, width: str, height: str, name: str) -> tuple[float, float]:
    """Return the size that a page element tells by its attributes ``width`` and ``height``; raises InputError."""
    try:
        size = (float(attributes[width]), float(attributes[height])) if attributes is not None else (0.0, 0.0)
    except (KeyError, ValueError):
        size = (0.0, 0.0)
    if not min(size) > 0:
        raise InputError(f"a Page with {width} and {height} in {name}", "none", "Export it again.")
    return size


def bounds(points: tuple[Point, ...]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of at least one point."""
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)
