"""Restored pages as PNG and TIFF."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from pulih.common.errors import UserError
from pulih.common.files import atomic_path
from pulih.data.images import DecodedImage, Dpi
from pulih.data.metadata import without_parts

Kind = Literal["colour", "own", "bilevel"]
WHITE = 255
JPEG_EXIF_BYTES = 65_000  # of one marker segment
TIFF_BYTES = 2**32 - 1  # offsets have 32 bits


def encode_png(
    pixels: NDArray[np.uint8], dpi: Dpi | None = None, icc_profile: bytes | None = None, exif: bytes | None = None
) -> bytes:
    """Encode 8-bit pixels (H, W) or (H, W, 3) as PNG, with the resolution, colour profile and EXIF if known."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3, **_metadata(dpi, icc_profile, exif))
    return buffer.getvalue()


def write_tiff(path: Path, pages: Iterable[DecodedImage], kind: Kind = "colour") -> int:
    """Write pages as one deflate-compressed TIFF file, atomically, holding one page at a time; returns their number.

    Args:
        kind: of pixels that are written; see ``as_written``.

    Raises:
        UserError: the disk is full, or the pages do not fit into the 4 GiB of a TIFF file.
    """
    count = 0
    with atomic_path(path) as temporary, AppendingTiffWriter(str(temporary), new=True) as tiff:
        for count, page in enumerate(pages, start=1):
            written = as_written(page, kind)
            if temporary.stat().st_size + page.pixels.nbytes > TIFF_BYTES:
                found = f"more after {count - 1} pages"
                raise UserError(f"at most {TIFF_BYTES:,} bytes in {path}", found, "Split the file into parts.")
            written.save(tiff, "TIFF", **tiff_options(page.dpi, profile_of(page, written), page.exif))
            tiff.newFrame()
    return count


def as_written(page: DecodedImage, kind: Kind) -> Image.Image:
    """Return a page as it goes into a file.

    ``colour`` is RGB; ``own`` is grey where the page's own file was grey, else RGB; ``bilevel`` is one bit where the
    pixels are black and white, else ``own``: a scan that is passed on among restored pages keeps its tones.
    """
    written = Image.fromarray(page.pixels)
    if kind == "bilevel" and not ((page.pixels > 0) & (page.pixels < WHITE)).any():
        return written.convert("1", dither=Image.Dither.NONE)
    return written if kind == "colour" or not page.grey else written.convert("L")


def encode_jpeg(page: DecodedImage, quality: int, kind: Kind = "own") -> bytes:
    """Encode a page as JPEG of full colour resolution; an EXIF block beyond what a JPEG holds is left out."""
    written = as_written(page, kind)
    exif = page.exif if page.exif and len(page.exif) < JPEG_EXIF_BYTES else None
    buffer = io.BytesIO()
    options = _metadata(page.dpi, profile_of(page, written), exif)
    written.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True, **options)
    return buffer.getvalue()


def encode_own_png(page: DecodedImage, kind: Kind = "own") -> bytes:
    """Encode a page as PNG with its resolution, profile and EXIF."""
    written = as_written(page, kind)
    buffer = io.BytesIO()
    written.save(buffer, "PNG", compress_level=3, **_metadata(page.dpi, profile_of(page, written), page.exif))
    return buffer.getvalue()


def profile_of(page: DecodedImage, written: Image.Image) -> bytes | None:
    """Return the page's colour profile where it fits the pixels that are written."""
    fits = written.mode == ("L" if page.grey else "RGB")
    return page.icc_profile if fits else None


def tiff_options(dpi: Dpi | None, icc_profile: bytes | None, exif: bytes | None) -> dict[str, Any]:
    """Return what Pillow is told when it saves a TIFF; of EXIF libtiff writes the first directory only."""
    values = _metadata(dpi, icc_profile, None) | {"compression": "tiff_adobe_deflate"}
    return values | {"exif": without_parts(exif)} if exif else values


def _metadata(dpi: Dpi | None, icc_profile: bytes | None, exif: bytes | None) -> dict[str, Any]:
    values = {"dpi": dpi, "icc_profile": icc_profile, "exif": exif}
    return {name: value for name, value in values.items() if value is not None}
