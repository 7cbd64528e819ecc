"""Restored crops, each made once: kept by the SHA-256 of the image file and by what restores it."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pulih.common.files import write_bytes
from pulih.common.progress import track
from pulih.data.encoding import encode_png
from pulih.data.lines import GreyImage
from pulih.data.transcribed import TranscribedLine, grey_of, rgb_of
from pulih.restorer.infer import Restorer
from pulih.restorer.inference_code import inference_digest

ORIGINAL = "original"
RESTORED = ("line", "page")
METHODS = (ORIGINAL, *RESTORED)
# Of each line the restored image where the reader is surer of it, else the original.
SELECTED = tuple(f"{method}_selected" for method in RESTORED)
MEASURED = (*METHODS, *SELECTED)


def identity(restorer: Restorer) -> str:
    """Return what decides the answers: the model's digest, and that of the code around it."""
    return f"{restorer.digest}-{inference_digest()}"


def restore(method: str, line: TranscribedLine, restorer: Restorer) -> GreyImage:
    """Restore one crop; the answer is 8-bit grey and has the crop's size.

    Args:
        method: ``line`` scales the crop to the height of the training lines (``Restorer.restore_line``); ``page``
            treats it as a page, whose scale follows from the x-height measured on it (``Restorer.restore_page``).
    """
    if method == "line":
        return restorer.restore_line(grey_of(line))
    return restorer.restore_page(rgb_of(line)).luminance


def restored_crops(method: str, lines: Sequence[TranscribedLine], restorer: Restorer, folder: Path) -> list[GreyImage]:
    """Return each line's crop as ``method`` shows it, from ``folder`` where it was made before."""
    if method == ORIGINAL:
        return [grey_of(line) for line in lines]
    answers = []
    for line in track(lines, f"restore by {method}", total=len(lines)):
        path = folder / f"{method}-{identity(restorer)}" / f"{line.sha256}.png"
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
        if image is None:
            image = restore(method, line, restorer)
            write_bytes(path, encode_png(image))
        answers.append(np.asarray(image, np.uint8))
    return answers
