"""How far a restored page may be trusted, in two numbers that need no second network.

``confidence`` looks at the cores of the strokes that the network wrote: where it is sure they are black, where it
guesses they are grey. Rims are grey on every page and do not count. ``erased`` is the share of thin dark marks of the
scan that the answer lacks: show-through and specks, but also ink that was lost. Neither knows what the page says.
Images are 8-bit grey (H, W), 255 = paper, at the scale of the training lines.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.restorer.confidence import GREYNESS
from pulih.restorer.resample import strips

GreyImage = NDArray[np.uint8]
CORE = np.ones((5, 5), np.uint8)  # a core is the darkest of its neighbourhood
FAINTEST = 230  # grey levels from here on are paper
UNSURE_INK = np.rint(GREYNESS * np.minimum(1, 2 * np.linspace(1, 0, 256))).astype(np.uint8)
STROKE = 7  # pixels over which the doubt about a core is shown
FEWEST_CORES = 200  # pixels; with fewer a page counts as blank
MARK_DARKNESS = 0.35  # of thin marks of the scan against the paper around them
GONE = 191  # an answer as bright as this within a pixel's reach has no ink
RIM = 16  # rows that a strip borrows from its neighbours, more than any neighbourhood reaches


@dataclass(frozen=True)
class Trust:
    """``confidence`` in [0, 1], None on a page without writing; ``erased`` in [0, 1], None on one without marks."""

    confidence: float | None
    erased: float | None


def measure(answer: GreyImage, shown: GreyImage, view: GreyImage, line_height: int) -> Trust:
    """Measure how far an answer may be trusted.

    Args:
        answer: of the network, its thin strokes deepened.
        shown: what is shown of it in the end.
        view: what the network saw.
        line_height: of the training lines in pixels.
    """
    return Trust(_confidence(answer), _erased(shown, view, max(3, line_height // 4) | 1))


def unsure_strokes(answer: GreyImage) -> GreyImage:
    """Return how little the network was sure of each stroke it wrote: 0 = sure, or paper; 255 = a mere guess.

    The doubt 4 r (1 - r) of a stroke's core is spread over the stroke's width; what is paler than half ink counts
    the less, the paler it is.
    """
    core = (answer == cv2.erode(answer, CORE)) & (answer < FAINTEST)
    doubt = np.where(core, cv2.LUT(answer, UNSURE_INK), 0).astype(np.uint8)
    return np.asarray(cv2.dilate(doubt, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STROKE, STROKE))), np.uint8)


def _confidence(answer: GreyImage) -> float | None:
    total, count = 0.0, 0
    for rows, inner in _overlapping(answer.shape[0], RIM):
        part = answer[rows]
        core = ((part == cv2.erode(part, CORE)) & (part < FAINTEST))[inner]
        grey = part[inner][core].astype(np.float64) / 255
        total += float((4 * grey * (1 - grey)).sum())
        count += grey.size
    return 1 - total / count if count >= FEWEST_CORES else None


def _erased(shown: GreyImage, view: GreyImage, width: int) -> float | None:
    marks, gone = 0, 0
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    for rows, inner in _overlapping(view.shape[0], RIM + width):
        paper = cv2.morphologyEx(view[rows], cv2.MORPH_CLOSE, element)[inner].astype(np.float32)
        mark = 1 - view[rows][inner] / np.maximum(paper, 1) > MARK_DARKNESS
        marks += int(mark.sum())
        gone += int((mark & (cv2.erode(shown[rows], np.ones((3, 3), np.uint8))[inner] > GONE)).sum())
    return gone / marks if marks >= FEWEST_CORES else None


def _overlapping(height: int, rim: int) -> list[tuple[slice, slice]]:
    """Return row ranges that reach ``rim`` beyond each strip, and where the strip lies within them."""
    answer = []
    for rows in strips(height):
        top = max(0, rows.start - rim)
        answer.append((slice(top, min(height, rows.stop + rim)), slice(rows.start - top, rows.stop - top)))
    return answer
