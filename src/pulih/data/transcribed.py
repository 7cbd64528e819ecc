"""Real line images with human transcriptions: a folder with ``lines.tsv`` and the images that it names.

``lines.tsv`` is tab-separated UTF-8 without quoting and has at least the columns ``file``, ``text`` and ``set`` (the
manuscript); the images lie in ``images/`` or beside it.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pulih.common.errors import InputError
from pulih.data.charset import Charset
from pulih.data.conventions import Normalized, normalized
from pulih.data.images import read_pages
from pulih.data.lines import GreyImage
from pulih.data.manifest import file_sha256

TABLE = "lines.tsv"
COLUMNS = ("file", "text", "set")
RgbImage = GreyImage


@dataclass(frozen=True)
class TranscribedLine:
    """One real line: its image file and that file's SHA-256, its text within the charset, its manuscript."""

    path: Path
    sha256: str
    text: str
    manuscript: str


@dataclass(frozen=True)
class Collection:
    """The usable lines of a folder, and what was done to the others and to the texts.

    ``changes`` counts replaced characters (``old -> new``), ``left_out`` lines by reason.
    """

    lines: tuple[TranscribedLine, ...]
    changes: dict[str, int]
    left_out: dict[str, int]


def read_collection(folder: Path, charset: Charset) -> Collection:
    """Read ``folder`` with its texts brought to ``charset``.

    Raises:
        InputError: no ``lines.tsv``, a column is missing, a row has another number of cells, an image is missing, or
            no line is usable.
    """
    rows = _rows(folder / TABLE)
    paths = [_image(folder, row["file"]) for row in rows]
    if missing := [row["file"] for row, path in zip(rows, paths, strict=True) if not path.is_file()]:
        found = f"{len(missing)} of {len(rows)} missing, first {missing[0]!r}"
        fix = f"Put them into {folder / 'images'}, or take their rows out of {TABLE}."
        raise InputError(f"every image that {folder / TABLE} names", found, fix)
    changes: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    lines = []
    seen: set[str] = set()
    for row, path in zip(rows, paths, strict=True):
        text, sha256 = normalized(row["text"], charset), file_sha256(path)
        if reason := "image of another line" if sha256 in seen else _unusable(text):
            left_out[reason] += 1
            continue
        changes.update(text.changes)
        seen.add(sha256)
        lines.append(TranscribedLine(path, sha256, text.text, row["set"]))
    if not lines:
        raise InputError(f"a usable line in {folder}", f"none ({dict(left_out)})", "Look at its texts.")
    return Collection(tuple(lines), dict(changes), dict(left_out))


def _unusable(text: Normalized) -> str:
    if text.unknown:
        return f"characters outside the charset: {''.join(sorted(text.unknown))}"
    return "" if text.text else "no text"


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        # Not splitlines(): a transcription may hold a character that Unicode counts as a line's end.
        written = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as err:
        raise InputError(f"a table at {path}", err.strerror or str(err), "Give the folder that holds it.") from err
    except UnicodeDecodeError as err:
        raise InputError(f"UTF-8 in {path}", str(err), "Save the table as UTF-8.") from err
    table = [row for row in csv.reader(written, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
    header = table[0] if table else []
    if absent := [name for name in COLUMNS if name not in header]:
        found = f"{header[:12]} without {', '.join(absent)}"
        raise InputError(f"the columns {', '.join(COLUMNS)} in {path}", found, "Name the columns in its first line.")
    for number, row in enumerate(table[1:], start=2):
        if len(row) != len(header):
            fix = "Repair the line; cells may hold no tab."
            raise InputError(f"{len(header)} cells in line {number} of {path}", f"{len(row)}", fix)
    return [dict(zip(header, row, strict=True)) for row in table[1:]]


def _image(folder: Path, name: str) -> Path:
    inside = folder / "images" / name
    return inside if inside.is_file() else folder / name


def rgb_of(line: TranscribedLine) -> RgbImage:
    """Return the crop as 8-bit RGB (H, W, 3); raises InputError for a file that is no image."""
    return next(read_pages(line.path)).pixels


def grey_of(line: TranscribedLine) -> GreyImage:
    """Return the crop's 8-bit luminance (H, W), 255 = white."""
    return np.asarray(cv2.cvtColor(rgb_of(line), cv2.COLOR_RGB2GRAY), np.uint8)
