"""Colour that restoration took away: painted arms, rubrics, seals, stamps, which the network knows nothing of.

Colour is measured as the distance of a and b (CIELAB) from the median of the page, which is its paper. Both pages are
reduced first, so that grain and the rims of strokes do not count.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
SIDE = 512  # longest side at which colour is compared
PAINTED = 22.0  # distance from the paper; stains and foxing of old paper stay below
LOST = 0.6  # of its distance that a painted spot may lose


def paint_lost(before: RgbImage, after: RgbImage) -> float:
    """Return the share in [0, 1] of a page (H, W, 3) that is painted before and has lost its colour after."""
    first, second = _colour(before), _colour(after)
    return float(np.mean((first > PAINTED) & (second < (1 - LOST) * first)))


def _colour(image: RgbImage) -> NDArray[np.float32]:
    factor = min(1.0, SIDE / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    tones = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[:, :, 1:]
    return np.asarray(np.hypot(*np.moveaxis(tones - np.median(tones, axis=(0, 1)), 2, 0)), np.float32)
