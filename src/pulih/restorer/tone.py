"""Tone normalisation: a page with pale ink is brought to the contrast of the training lines before the network.

The contrast of ink, 1 - ink / paper, is 0.55 in the median synthetic line, as on many real pages; what is much paler
than anything in the training, the network takes for show-through.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.restorer.colour import LUMA, Surface
from pulih.restorer.resample import enlarged_rows, strips

GreyImage = NDArray[np.uint8]
TRAINING_CONTRAST = 0.55  # of ink, median of the synthetic lines
LARGEST_GAIN = 2.5
LEAST_DARKNESS = 0.1  # below this share of the paper it is texture
LEAST_INK = 0.001  # of the sheet; with less there is nothing to measure


def ink_contrast(page: GreyImage, surface: Surface) -> float | None:
    """Return the median contrast of what Otsu's level takes for ink on an 8-bit grey page (H, W), None without ink."""
    size = surface.sheet.shape[::-1]
    # The darkest of each block, for a mean would pale thin strokes with their paper.
    factor = max(1, min(page.shape[0] // size[1], page.shape[1] // size[0]))
    dark = cv2.resize(cv2.erode(page, np.ones((factor, factor), np.uint8)), size, interpolation=cv2.INTER_NEAREST)
    darkness = np.clip(1 - dark / np.maximum(surface.paper @ LUMA, 1), 0, 1)
    marks = np.rint(255 * darkness[(surface.sheet > 0) & (darkness > LEAST_DARKNESS)]).astype(np.uint8)
    if marks.size < LEAST_INK * surface.sheet.sum():
        return None
    level, _ = cv2.threshold(marks.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = marks[marks > level]
    return float(np.median(ink)) / 255 if ink.size else None


def strengthened(page: GreyImage, surface: Surface, contrast: float | None) -> GreyImage:
    """Return the page with its ink brought to the contrast of the training lines; paper keeps its tone.

    Args:
        contrast: of the page's ink; as much as the training's or more, and None, change nothing.
    """
    gain = min(LARGEST_GAIN, TRAINING_CONTRAST / contrast) if contrast else 1.0
    if gain <= 1:
        return page
    tone = surface.paper @ LUMA
    answer = np.empty_like(page)
    for rows in strips(page.shape[0]):
        paper = enlarged_rows(tone, page.shape, rows)
        answer[rows] = np.clip(np.rint(paper - gain * (paper - page[rows])), 0, 255)
    return answer
