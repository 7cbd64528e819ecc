"""Restored pages as PNG and TIFF."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from pulih.common.errors import UserError
from pulih.common.files import atomic_path
from pulih.data.images import DecodedImage, Dpi

TIFF_BYTES = 2**32 - 1  # offsets have 32 bits


def encode_png(pixels: NDArray[np.uint8], dpi: Dpi | None = None, icc_profile: bytes | None = None) -> bytes:
    """Encode 8-bit pixels (H, W) or (H, W, 3) as PNG, with the resolution and colour profile if known."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3, **_metadata(dpi, icc_profile))
    return buffer.getvalue()


def write_tiff(path: Path, pages: Iterable[DecodedImage]) -> int:
    """Write pages as one deflate-compressed TIFF file, atomically, holding one page at a time; returns their number.

    Raises:
        UserError: the disk is full, or the pages do not fit into the 4 GiB of a TIFF file.
    """
    count = 0
    with atomic_path(path) as temporary, AppendingTiffWriter(str(temporary), new=True) as tiff:
        for count, page in enumerate(pages, start=1):
            options = _metadata(page.dpi, page.icc_profile)
            if temporary.stat().st_size + page.pixels.nbytes > TIFF_BYTES:
                found = f"more after {count - 1} pages"
                raise UserError(f"at most {TIFF_BYTES:,} bytes in {path}", found, "Split the file into parts.")
            Image.fromarray(page.pixels).save(tiff, "TIFF", compression="tiff_adobe_deflate", **options)
            tiff.newFrame()
    return count


def _metadata(dpi: Dpi | None, icc_profile: bytes | None) -> dict[str, Any]:
    values = {"dpi": dpi, "icc_profile": icc_profile}
    return {name: value for name, value in values.items() if value is not None}
