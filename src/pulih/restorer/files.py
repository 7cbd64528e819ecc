"""Restoring image files: one path from encoded bytes to encoded bytes, shared by the command line and the endpoint."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
from pydantic import Field

from pulih.common.config import StageConfig
from pulih.common.errors import InputError
from pulih.common.files import write_bytes
from pulih.common.logging import get_logger
from pulih.data.encoding import encode_png, write_tiff
from pulih.data.images import SUFFIXES, TIFF_SUFFIXES, DecodedImage, ImageLimits, RgbImage, decode_image, read_pages
from pulih.restorer.colour import Paper
from pulih.restorer.infer import RestoredPage, Restorer

log = get_logger(__name__)
MARK = ".restored"
COMPARISON_MARK = ".comparison"
COMPARISON_SIDE = 1600  # height of a before/after picture in pixels, at most


class RestoreOptions(StageConfig):
    """How files are restored and written."""

    paper: Paper = Field("keep", description="keep the page's own paper, or write on white")
    format: Literal["auto", "png", "tiff"] = Field(
        "auto", description="auto: a TIFF stays a TIFF, all else becomes PNG"
    )
    comparison: bool = Field(False, description="also write a before/after picture of every page")
    limits: ImageLimits = ImageLimits()


class PageRestorer(Protocol):
    """What restores a page: the network at hand, or an endpoint elsewhere."""

    def restore_page(self, page: RgbImage, paper: Paper = "keep") -> RestoredPage:
        """Restore an 8-bit RGB page (H, W, 3)."""
        ...


@dataclass(frozen=True)
class RestoredFile:
    """What became of one file: what was written, how many pages, and the seconds of restoration."""

    source: Path
    written: tuple[Path, ...]
    pages: int
    seconds: float


def restore_decoded(image: DecodedImage, restorer: PageRestorer, paper: Paper) -> tuple[DecodedImage, RestoredPage]:
    """Restore one decoded page; resolution, colour profile and EXIF go with it."""
    restored = restorer.restore_page(image.pixels, paper)
    return replace(image, pixels=restored.image), restored


def encode_page(image: DecodedImage) -> bytes:
    """Encode a page as the PNG that the command line writes and the endpoint answers."""
    return encode_png(image.pixels, image.dpi, image.rgb_profile, image.exif)


def restore_bytes(
    data: bytes, name: str, restorer: Restorer, paper: Paper, limits: ImageLimits
) -> tuple[bytes, RestoredPage]:
    """Restore an encoded image of one page; returns it as PNG.

    Raises:
        InputError: the bytes are no image within the limits.
    """
    image, restored = restore_decoded(decode_image(data, name, limits), restorer, paper)
    return encode_page(image), restored


def find_images(paths: Sequence[Path]) -> list[Path]:
    """Return the given files, with folders replaced by the images in them; raises InputError for an empty folder."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and MARK not in p.stem)
        if not inside:
            raise InputError(f"images in the folder {path}", f"none of {', '.join(SUFFIXES)}", "Name another folder.")
        found += inside
    return found


def plan_outputs(sources: Sequence[Path], output: Path | None) -> dict[Path, Path]:
    """Return for every source the path, without suffix, that its answer gets: beside it, or in the folder ``output``.

    Raises:
        InputError: two sources would be written to one place.
    """
    plan = {source: (output or source.parent) / f"{source.stem}{MARK}" for source in dict.fromkeys(sources)}
    taken: dict[Path, Path] = {}
    for source, target in plan.items():
        if target in taken:
            found = f"{taken[target]} and {source}, which would both become {target}"
            raise InputError("file names that differ", found, "Restore them into two folders (--output).")
        taken[target] = source
    return plan


def check_target(source: Path, target: Path) -> None:
    """Raise InputError where the answer would overwrite its scan."""
    if source.resolve() in {target.with_name(target.name + suffix).resolve() for suffix in (".png", ".tif")}:
        raise InputError("another place for the answer", f"the scan itself, {source}", "Give another --output.")


def restore_file(source: Path, target: Path, restorer: PageRestorer, options: RestoreOptions) -> RestoredFile:
    """Restore every page of an image file and write ``target`` with the suffix of its format.

    One page at a time is held in memory; nothing half-written stays behind.

    Raises:
        InputError: the file is no image within the limits, or would be overwritten by its own answer.
    """
    check_target(source, target)
    seconds: list[float] = []
    comparisons: list[Path] = []

    def restored_pages() -> Iterator[DecodedImage]:
        for number, page in enumerate(read_pages(source, options.limits), start=1):
            image, restored = restore_decoded(page, restorer, options.paper)
            seconds.append(restored.seconds)
            log.info("%s page %d: %.1f s at scale %.2f", source.name, number, restored.seconds, restored.scale)
            if options.comparison:
                comparisons.append(target.with_name(f"{target.name}-{number:03d}{COMPARISON_MARK}.png"))
                write_bytes(comparisons[-1], encode_png(side_by_side(page.pixels, image.pixels)))
            yield image

    keeps_tiff = options.format == "auto" and source.suffix.lower() in TIFF_SUFFIXES
    if keeps_tiff or options.format == "tiff":
        written = [target.with_name(f"{target.name}.tif")]
        write_tiff(written[0], restored_pages())
    else:
        written = _write_pngs(restored_pages(), target)
    return RestoredFile(source, (*written, *comparisons), len(seconds), sum(seconds))


def _write_pngs(pages: Iterator[DecodedImage], target: Path) -> list[Path]:
    written: list[Path] = []
    first, second = next(pages), next(pages, None)
    if second is None:
        written.append(target.with_name(f"{target.name}.png"))
        write_bytes(written[0], encode_page(first))
        return written
    for number, page in enumerate(itertools.chain([first, second], pages), start=1):
        written.append(target.with_name(f"{target.name}-{number:03d}.png"))
        write_bytes(written[-1], encode_page(page))
    return written


def side_by_side(before: RgbImage, after: RgbImage) -> RgbImage:
    """Return two RGB pictures of one size next to each other, reduced to at most ``COMPARISON_SIDE`` rows."""
    factor = min(1.0, COMPARISON_SIDE / before.shape[0])
    size = (max(1, round(before.shape[1] * factor)), max(1, round(before.shape[0] * factor)))
    halves = [cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (before, after)]
    gap = np.full((size[1], max(2, size[0] // 60), 3), 255, np.uint8)
    return np.hstack([halves[0], gap, halves[1]]).astype(np.uint8)
