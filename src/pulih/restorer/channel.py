"""The grey image in which a page's ink stands out best: its luminance, or the darkest of red, green and blue.

Faded iron gall ink is yellow: it is nearly as bright as the paper, but takes away blue light. On blue paper, or where
the blue channel is noisy, luminance is the better one. Judged is how far the ink lies from the paper, in units of the
paper's own grain, as for the threshold of detection (contrast-to-noise ratio).
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.common.logging import get_logger
from pulih.restorer.colour import GreyImage, RgbImage, luminance
from pulih.restorer.resample import resized
from pulih.restorer.scale import paper_around

log = get_logger(__name__)
LONGEST_SIDE = 2400  # of the image that is judged, in pixels
LEAST_DARKNESS = 0.06  # below this share of the paper it is grain
GRAINS = 4  # so many standard deviations of the grain are ink
GRAIN_OF_8_BITS = 0.5  # grey levels: less cannot be told
CLEARLY = 1.05  # times clearer, and the darkest channel is taken
LEAST_INK = 0.0005  # of the page; with less there is nothing to judge


def darkest(page: RgbImage) -> GreyImage:
    """Return the darkest of the channels of an 8-bit RGB page (H, W, 3), as (H, W)."""
    red, green, blue = cv2.split(page)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def ink_channel(page: RgbImage) -> GreyImage:
    """Return the luminance (H, W) of an 8-bit RGB page (H, W, 3), or its darkest channel where ink is clearer there."""
    small = resized(page, min(1.0, LONGEST_SIDE / max(page.shape[:2])))
    by_luminance, by_darkest = luminance(small), darkest(small)
    if np.array_equal(by_luminance, by_darkest):  # a page without colour
        return luminance(page)
    grey, dark = clearness(by_luminance), clearness(by_darkest)
    if dark <= CLEARLY * grey:
        return luminance(page)
    log.info("ink is clearer in the darkest channel than in the luminance: %.1f against %.1f", dark, grey)
    return darkest(page)


def clearness(grey: GreyImage) -> float:
    """Return how far the ink on an 8-bit grey image (H, W) lies from the paper, in grains; 0 without ink.

    Ink is what Otsu's level takes for it; a grain is the standard deviation of the paper against its surroundings.
    """
    darkness = cv2.bitwise_not(cv2.divide(grey, np.maximum(paper_around(grey), 1), scale=255))
    counts = cv2.calcHist([darkness], [0], None, [256], [0, 256])[:, 0]
    middle, distances = _median(counts), np.abs(np.arange(256) - _median(counts))
    near = counts * (distances <= GRAINS * max(1.0, 1.4826 * _median(np.bincount(distances, counts))))
    grain = max(float(np.average(distances**2, weights=near)) ** 0.5, GRAIN_OF_8_BITS)
    marks = darkness[darkness > max(middle + GRAINS * grain, 255 * LEAST_DARKNESS)]
    if marks.size < LEAST_INK * grey.size:
        return 0.0
    level, _ = cv2.threshold(marks.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = np.bincount(marks[marks > level], minlength=256)
    return (_median(ink) - middle) / grain if ink.any() else 0.0


def _median(counts: NDArray[Any]) -> int:
    """Return the median of the values 0, 1, ... of which there are so many."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
