"""Whole pages within a lines artifact: a colour scan, the clean page, and how it was made.

A page ``K`` is ``pages/K.degraded.png`` (8-bit RGB), ``pages/K.clean.png`` (8-bit grey, 255 = paper) and
``pages/K.json``; pages to learn from are in ``train_pages``. The scan is written last: a page whose scan is there is
whole.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.common.files import write_bytes, write_json
from pulih.data import manifest
from pulih.data.lines import KIND, GreyImage

FOLDER, TRAINING = "pages", "train_pages"  # pages to judge by, and pages to learn from
RgbImage = NDArray[np.uint8]


@dataclass(frozen=True)
class PageSample:
    """A page: ``degraded`` (H, W, 3) and ``clean`` (H, W), both uint8.

    ``meta`` has at least ``font``, ``font_seen``, ``severity``, ``degradations`` as lines have, ``pitch`` (pixels from
    baseline to baseline) and ``lines`` (a list of ``{"text": ..., "box": [x, y, width, height]}`` in pixels).
    """

    key: str
    degraded: RgbImage
    clean: GreyImage
    meta: dict[str, Any]


def scan_path(folder: Path, key: str, place: str = FOLDER) -> Path:
    """Return where the scan of page ``key`` is within the artifact ``folder``; ``place`` is FOLDER or TRAINING."""
    return folder / place / f"{key}.degraded.png"


def write_page(folder: Path, sample: PageSample, place: str = FOLDER) -> None:
    """Write a page into the artifact ``folder``, each file atomically."""
    write_bytes(folder / place / f"{sample.key}.clean.png", _png(sample.clean))
    write_json(folder / place / f"{sample.key}.json", sample.meta)
    write_bytes(scan_path(folder, sample.key, place), _png(sample.degraded))


def page_keys(folder: Path, place: str = FOLDER) -> list[str]:
    """Return the names of the pages in the artifact ``folder``, in order."""
    return sorted(path.name.removesuffix(".degraded.png") for path in (folder / place).glob("*.degraded.png"))


def read_pages(folder: Path, place: str = FOLDER) -> list[PageSample]:
    """Read the pages of a verified lines artifact, by key; an artifact may have none.

    Raises:
        ArtifactError: the artifact is missing or altered, or a page is not whole.
    """
    manifest.verify(folder, KIND)
    return [_read(folder, key, place) for key in page_keys(folder, place)]


def _read(folder: Path, key: str, place: str) -> PageSample:
    try:
        degraded = np.asarray(Image.open(scan_path(folder, key, place)))
        clean = np.asarray(Image.open(folder / place / f"{key}.clean.png"))
    except (OSError, SyntaxError) as err:
        fix = "Synthesize the pages again."
        raise ArtifactError(f"a whole page '{key}' in {folder}", str(err), fix) from err
    return PageSample(key, degraded, clean, read_json(folder / place / f"{key}.json"))


def _png(image: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
