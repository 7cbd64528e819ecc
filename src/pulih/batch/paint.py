"""Colour that restoration took away: painted arms, rubrics, seals, stamps, which the network knows nothing of.

Colour is measured as the distance of a and b (CIELAB) from the median of the page, which is its paper. Both pages are
reduced first, so that grain and the rims of strokes do not count. A painted field is judged as a whole: its colour may
run into a halo on the paper, within which each spot for itself keeps enough.

What lies around the sheet (edges of the book, its cover, a colour card) is no paper and shows as scanned: it differs
from the paper once its strokes are closed, and reaches the rim of the picture.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
Plane = NDArray[np.float32]
SIDE = 512  # longest side at which colour is compared
PAINTED = 22.0  # distance from the paper; stains and foxing of old paper stay below
LOST = 0.6  # of its distance that a painted spot may lose
FIELD = 9  # pixels at that size: what holds such a square is no stroke and no letter
FADED = 0.25  # of its colour that may change in a field on the average
AROUND = 22.0  # CIELAB units from the paper; the shade of a gutter and stains stay below
REACH = 15  # pixels at that size: strokes and lines of text are narrower
WIDEST_AROUND = 0.6  # of a page; more than that is no surrounding, and the paper was not found


def paint_lost(before: RgbImage, after: RgbImage) -> float:
    """Return the share in [0, 1] of a page (H, W, 3) that is painted before and has lost its colour after."""
    first, second = _colour(before), _colour(after)
    strength = np.hypot(*first)
    painted = strength > PAINTED
    spots = painted & (np.hypot(*second) < (1 - LOST) * strength)
    return float(np.mean(spots | _faded_fields(painted, strength, np.hypot(*(second - first)))))


def _faded_fields(painted: NDArray[np.bool_], strength: Plane, change: Plane) -> NDArray[np.bool_]:
    """Return the painted fields within the page whose colour is another; the book's cover reaches the page's rim."""
    whole = cv2.morphologyEx(painted.astype(np.uint8), cv2.MORPH_OPEN, np.ones((FIELD, FIELD), np.uint8))
    _, labels = cv2.connectedComponents(whole)
    changed, had = (np.bincount(labels.ravel(), values.ravel()) for values in (change, strength))
    faded = changed > FADED * had
    faded[[0, *_on_rim(labels)]] = False
    return np.asarray(faded[labels], bool)


def _on_rim(labels: NDArray[Any]) -> NDArray[Any]:
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return rim[rim > 0]


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
    return np.isin(labels, _on_rim(labels)).astype(np.uint8)


def _colour(image: RgbImage) -> Plane:
    """Return how far a and b of an image (H, W, 3) are from its paper, as (2, h, w)."""
    tones = cv2.cvtColor(_reduced(image), cv2.COLOR_RGB2LAB)[:, :, 1:]
    return np.asarray(np.moveaxis(tones - np.median(tones, axis=(0, 1)), 2, 0), np.float32)


def _reduced(image: RgbImage) -> NDArray[np.float32]:
    factor = min(1.0, SIDE / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
