"""Colour that restoration took away: painted arms, rubrics, seals, stamps, which the network knows nothing of.

Colour is measured as the distance of a and b (CIELAB) from the median of the page, which is its paper. Both pages are
reduced first, so that grain and the rims of strokes do not count.

What lies around the sheet (edges of the book, its cover, a colour card) is no paper and shows as scanned: it differs
from the paper once its strokes are closed, and reaches the rim of the picture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
SIDE = 512  # longest side at which colour is compared
PAINTED = 22.0  # distance from the paper; stains and foxing of old paper stay below
LOST = 0.6  # of its distance that a painted spot may lose
AROUND = 22.0  # CIELAB units from the paper; the shade of a gutter and stains stay below
REACH = 15  # pixels at that size: strokes and lines of text are narrower
WIDEST_AROUND = 0.6  # of a page; more than that is no surrounding, and the paper was not found


def paint_lost(before: RgbImage, after: RgbImage) -> float:
    """Return the share in [0, 1] of a page (H, W, 3) that is painted before and has lost its colour after."""
    first, second = _colour(before), _colour(after)
    return float(np.mean((first > PAINTED) & (second < (1 - LOST) * first)))


def with_surroundings(before: RgbImage, after: RgbImage) -> RgbImage:
    """Return the restored page with what is around the sheet as it was; both (H, W, 3)."""
    small = _reduced(before)
    around = _around(small)
    if not around.any() or around.mean() > WIDEST_AROUND:
        return after
    soft = cv2.GaussianBlur(cv2.dilate(around, np.ones((5, 5), np.uint8)).astype(np.float32), (0, 0), 1.5)
    height, width = before.shape[:2]
    answer = after.copy()
    mask = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    share = mask[part][:, :, None]
    answer[part] = np.rint(share * before[part] + (1 - share) * after[part])
    return answer


def _around(small: NDArray[np.float32]) -> NDArray[np.uint8]:
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((REACH, REACH), np.uint8))
    tones = cv2.cvtColor(closed, cv2.COLOR_RGB2LAB)
    away = tones - np.median(tones, axis=(0, 1))
    other = (np.sqrt((away**2).sum(axis=2)) > AROUND).astype(np.uint8)
    other = cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(other)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(labels, rim[rim > 0]).astype(np.uint8)


def _colour(image: RgbImage) -> NDArray[np.float32]:
    small = _reduced(image)
    tones = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[:, :, 1:]
    return np.asarray(np.hypot(*np.moveaxis(tones - np.median(tones, axis=(0, 1)), 2, 0)), np.float32)


def _reduced(image: RgbImage) -> NDArray[np.float32]:
    factor = min(1.0, SIDE / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
