"""Restoring image files one by one, so that a bad one does not stop the others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import typer

from pulih.common.errors import InputError, UserError
from pulih.common.files import write_bytes
from pulih.common.logging import get_logger
from pulih.data.images import DecodedImage, encode_png, read_pages, write_tiff
from pulih.restorer.infer import Restorer

log = get_logger(__name__)
Paper = Literal["keep", "white"]
TIFF = (".tif", ".tiff")


def restore_files(restorer: Restorer, files: Sequence[Path], output: Path, paper: Paper) -> int:
    """Write one restored image per file into ``output`` and return how many files could not be read.

    TIFF files keep all their pages and stay TIFF; everything else becomes PNG.

    Raises:
        UserError: two files would be restored into the same one, or into themselves.
    """
    targets = [_target(path, output) for path in files]
    _check_targets(files, targets)
    failures = 0
    for path, target in zip(files, targets, strict=True):
        try:
            pages = _restore(restorer, path, target, paper)
        except InputError as err:
            failures += 1
            typer.echo(f"{path}: {err}", err=True)
        else:
            typer.echo(f"{path} -> {target}" + (f" ({pages} pages)" if pages > 1 else ""))
    return failures


def _target(path: Path, output: Path) -> Path:
    return output / f"{path.stem}.restored{'.tif' if path.suffix.lower() in TIFF else '.png'}"


def _check_targets(files: Sequence[Path], targets: Sequence[Path]) -> None:
    taken: dict[Path, Path] = {}
    for path, target in zip(files, targets, strict=True):
        if target in taken:
            fix = "Restore them with two commands, each with its own --output."
            raise UserError("files whose names differ", f"{taken[target]} and {path}", fix)
        taken[target] = path


def _restore(restorer: Restorer, path: Path, target: Path, paper: Paper) -> int:
    pages = (_restored(restorer, page, paper) for page in _pages(path))
    if target.suffix == ".tif":
        return write_tiff(target, pages)
    images = list(pages)
    if len(images) != 1:
        raise InputError(f"one page in {path}", f"{len(images)}", "Give several pages as TIFF.")
    [image] = images
    write_bytes(target, encode_png(image.pixels, image.dpi, image.icc_profile))
    return 1


def _pages(path: Path) -> Iterator[DecodedImage]:
    for number, page in enumerate(read_pages(path), start=1):
        log.info("%s, page %d: %d x %d pixels", path, number, page.pixels.shape[1], page.pixels.shape[0])
        yield page


def _restored(restorer: Restorer, page: DecodedImage, paper: Paper) -> DecodedImage:
    answer = restorer.restore_page(page.pixels, paper)
    log.info("restored in %.1f s at scale %.2f", answer.seconds, answer.scale)
    return replace(page, pixels=answer.image)
