"""What goes to a worker process and what comes back."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pulih.batch.config import PageConfig
from pulih.batch.state import Key


@dataclass(frozen=True)
class Setup:
    """What a worker needs once: artifacts, settings, where answers go, and the log file.

    ``destination`` is an ``s3://`` prefix that each answer is copied to as soon as it is whole.
    """

    restorer: Path
    recognizer: Path | None
    page: PageConfig
    output: Path
    destination: str | None = None
    log: Path | None = None


@dataclass(frozen=True)
class Task:
    """One image file to restore: ``path`` and ``xml`` are local, ``place`` is where the user has it.

    ``image`` and ``answers`` are as in ``Source``.
    """

    name: str
    stem: str
    place: str
    path: Path
    xml: Path | None
    key: Key
    tag: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    pixels: int = 0
    attempt: int = 1
    image: str = ""
    answers: str = ""


@dataclass(frozen=True)
class PageFacts:
    """The figures of one page; ``change`` is the mean change of luminance as a share of white."""

    restored: bool
    decision: str
    criterion: str
    value: float | None
    threshold: float
    confidence: float | None
    erased: float | None
    colour_lost: float | None
    change: float
    x_height: float | None
    scale: float
    reading_before: float | None = None
    reading_after: float | None = None
    lines: int = 0


@dataclass(frozen=True)
class TextFacts:
    """What was read of a page: its lines, how many got text, how sure of it on average, and how lines were found.

    ``restored`` of those read were read in the restored page, where the recognizer was surer of it than of the scan.
    """

    lines: int
    read: int
    confidence: float | None
    found: str
    recognizer: str
    restored: int = 0


@dataclass(frozen=True)
class FileFacts:
    """The figures of one file; ``kept`` names what was carried over beside the pixels, times are UTC (ISO 8601)."""

    restored: bool
    width: int
    height: int
    bits: int
    bits_written: int
    pages: tuple[PageFacts, ...]
    kept: tuple[str, ...]
    note: str
    started: str
    ended: str
    seconds: float
    text: TextFacts | None = None


@dataclass(frozen=True)
class Done:
    """A finished file: its outputs below the output folder, the image first."""

    status: Literal["restored", "passed"]
    outputs: tuple[str, ...]
    facts: FileFacts


@dataclass(frozen=True)
class Failed:
    """A file that failed; ``again`` says whether another attempt may help, ``fatal`` that no page can succeed."""

    reason: str
    again: bool = False
    fatal: bool = False
