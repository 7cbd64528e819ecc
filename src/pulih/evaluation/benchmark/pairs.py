"""A folder tree of scans with their ground truths, as pairs in groups."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pulih.common.errors import InputError
from pulih.data.images import SUFFIXES, read_pages
from pulih.evaluation.binary import Mask
from pulih.restorer import colour

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
PAPER_FROM = 128  # grey levels from here on are paper in a ground truth
UNGROUPED = "all"


@dataclass(frozen=True)
class Pair:
    """A scan and its ground truth; ``name`` is its path below the folder without suffix, ``group`` a year or folder."""

    name: str
    group: str
    source: Path
    target: Path


@dataclass(frozen=True)
class Suffixes:
    """What the names of scans and of ground truths end in before the file type; that of the scans may be empty."""

    source: str = "_source"
    target: str = "_target"


def find_pairs(folder: Path, suffixes: Suffixes) -> list[Pair]:
    """Return the pairs below ``folder`` in the order of their names.

    The group is the year in the file's name, else the sub-folder it lies in.

    Raises:
        InputError: no such folder, no pair, a scan or a ground truth without its partner, or two of other sizes.
    """
    if not folder.is_dir():
        raise InputError(f"a folder at {folder}", "none", "Correct DIR.")
    sources, targets = _images(folder, suffixes)
    _require_partners(folder, sources, targets, suffixes)
    pairs = [Pair(name, _group(name), sources[name], targets[name]) for name in sorted(sources)]
    for pair in pairs:
        _require_same_size(pair)
    return pairs


def read_pair(pair: Pair) -> tuple[colour.RgbImage, Mask]:
    """Return the scan as 8-bit RGB (H, W, 3) and the ground truth as a mask (H, W), True = ink.

    Raises:
        InputError: a file cannot be read, or the ground truth has more ink than paper.
    """
    page = _only_page(pair.source)
    truth = colour.luminance(_only_page(pair.target)) < PAPER_FROM
    if truth.mean() > 0.5:
        fix = "Invert it: ink is black, paper white."
        raise InputError(f"less ink than paper in {pair.target}", f"{truth.mean():.0%} black", fix)
    return page, truth


def _only_page(path: Path) -> colour.RgbImage:
    return next(iter(read_pages(path))).pixels


def _images(folder: Path, suffixes: Suffixes) -> tuple[dict[str, Path], dict[str, Path]]:
    sources: dict[str, Path] = {}
    targets: dict[str, Path] = {}
    for path in _candidates(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name.endswith(suffixes.target):
            _enter(targets, name.removesuffix(suffixes.target), path)
        elif name.endswith(suffixes.source):
            _enter(sources, name.removesuffix(suffixes.source), path)
    return sources, targets


def _candidates(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix.lower() in SUFFIXES)


def _enter(images: dict[str, Path], name: str, path: Path) -> None:
    if name in images:
        raise InputError(f"one image called {name}", f"{images[name].name} and {path.name}", "Remove one of them.")
    images[name] = path


def _require_partners(folder: Path, sources: dict[str, Path], targets: dict[str, Path], suffixes: Suffixes) -> None:
    fix = "Add the missing file, or name the endings with --suffixes."
    if not sources and not targets:
        raise InputError(f"images ending in {suffixes.source} and {suffixes.target} below {folder}", "none", fix)
    if lonely := sorted(set(sources) ^ set(targets)):
        name = lonely[0]
        missing = suffixes.target if name in sources else suffixes.source
        found = f"only {(sources.get(name) or targets[name]).name}" + (
            f", and {len(lonely) - 1} more without a partner" if len(lonely) > 1 else ""
        )
        raise InputError(f"an image {name}{missing} in {folder}", found, fix)


def _require_same_size(pair: Pair) -> None:
    try:
        with Image.open(pair.source) as source, Image.open(pair.target) as target:
            sizes = source.size, target.size
    except (OSError, SyntaxError, ValueError) as err:
        raise InputError(f"two images for {pair.name}", str(err), "Copy them again.") from err
    if sizes[0] != sizes[1]:
        found = f"{sizes[0][0]} x {sizes[0][1]} and {sizes[1][0]} x {sizes[1][1]} pixels"
        fix = "A ground truth belongs to its scan pixel by pixel; neither may be scaled."
        raise InputError(f"scan and ground truth of {pair.name} of one size", found, fix)


def _group(name: str) -> str:
    path = Path(name)
    if year := YEAR.search(path.name):
        return year.group()
    return UNGROUPED if path.parent == Path() else path.parent.as_posix()


def as_image(answer: Mask) -> Image.Image:
    """Return a mask as a 1-bit image, ink black."""
    return Image.fromarray(np.where(answer, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
