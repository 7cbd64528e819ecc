"""What a PAGE or ALTO file says of a page's lines, in its own units, and what restoration adds to such a file."""

from dataclasses import dataclass

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
    """What is written about a restored page: its file as seen from the XML file, what made it, when (ISO 8601, UTC)."""

    filename: str
    model: str
    settings: str
    software: str
    version: str
    time: str
