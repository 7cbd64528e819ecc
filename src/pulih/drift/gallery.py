"""Pictures of the pages furthest from the reference."""

import io
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from pulih.common.errors import InputError
from pulih.common.files import write_bytes
from pulih.common.html import data_uri
from pulih.data.images import read_pages
from pulih.drift.descriptors.region import RgbImage
from pulih.drift.outliers import Outlier

FOLDER = "gallery"
HEIGHT, WIDTH = 640, 900
THUMBNAIL = 360


def write_gallery(outliers: Sequence[Outlier], folder: Path) -> list[str]:
    """Write each page as ``gallery/NN-name.png`` (at most 900 x 640) and return the paths within ``folder``."""
    names = []
    for rank, outlier in enumerate(outliers, start=1):
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(outlier.name).stem).strip("_")[:60]
        name = f"{FOLDER}/{rank:02d}-{stem}.png"
        buffer = io.BytesIO()
        _fitted(read_page(Path(outlier.path), outlier.position), WIDTH, HEIGHT).save(buffer, format="PNG")
        write_bytes(folder / name, buffer.getvalue())
        names.append(name)
    return names


def read_page(path: Path, position: int) -> RgbImage:
    """Read one page (from 1) of a scan; raises InputError when it is gone since it was described."""
    page = next(islice(read_pages(path), position - 1, None), None)
    if page is None:
        raise InputError(f"page {position} in {path}", "fewer pages", "Leave the archive alone while it is checked.")
    return page.pixels


def thumbnail(path: Path) -> str:
    """Return a picture as the ``data:`` address of a small JPEG."""
    buffer = io.BytesIO()
    with Image.open(path) as image:
        _fitted(np.asarray(image.convert("RGB")), THUMBNAIL, THUMBNAIL).save(buffer, format="JPEG", quality=82)
    return data_uri(buffer.getvalue(), "image/jpeg")


def _fitted(pixels: RgbImage, width: int, height: int) -> Image.Image:
    image = Image.fromarray(pixels)
    image.thumbnail((width, height))
    return image
