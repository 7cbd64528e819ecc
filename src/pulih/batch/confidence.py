"""Where the network was unsure, as a picture to lay over the restored page."""

import io

import cv2
import numpy as np
from PIL import Image

from pulih.restorer.infer import RestoredPage
from pulih.restorer.trust import unsure_strokes

SUFFIX = ".confidence.png"
UNSURE = (124, 58, 237)  # a violet that neither ink nor paper has


def overlay(restored: RestoredPage) -> bytes:
    """Return a PNG that colours unsure strokes and is clear elsewhere; never larger than the page."""
    assert restored.answer is not None, "this process ran the network"
    doubt = unsure_strokes(restored.answer)
    height, width = restored.luminance.shape
    if doubt.shape[0] > height:
        doubt = np.asarray(cv2.resize(doubt, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.empty((*doubt.shape, 4), np.uint8)
    picture[:, :, :3] = UNSURE
    picture[:, :, 3] = doubt
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def names(stem: str, pages: int) -> list[str]:
    """Return what the maps of a file's pages are called."""
    return [f"{stem}{SUFFIX}"] if pages == 1 else [f"{stem}-{number}{SUFFIX}" for number in range(1, pages + 1)]
