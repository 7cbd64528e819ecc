"""The sheet inside a scan: which part of the image is the page that carries the writing.

Scans show book edges, copy stands, backdrops and black borders. The sheet is found as the piece of even background,
bounded by steps of tone or colour, that holds most of the writing; what is dark beyond any paper is no candidate.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.common.errors import InputError

RgbImage = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

SEARCH_HEIGHT = 256
PAGE_HEIGHT = 1024
MIN_SIDE = 48
LONGEST = 8
DARKEST_PAPER = 20.0
STEP_OF_TONE = 3.0
SMALLEST_PIECE = 0.03
RIM = 0.014
STEP_WIDTH = 3
LARGEST_ZOOM = 2.0


@dataclass(frozen=True)
class Sheet:
    """A page at the common scale: ``rgb`` (H, W, 3) uint8 with H near 1024, ``mask`` (H, W) true on the sheet."""

    rgb: RgbImage
    mask: Mask


def to_lab(rgb: RgbImage) -> Plane:
    """Return CIE L*a*b* (L* 0..100) of 8-bit sRGB, float32 (H, W, 3)."""
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), dtype=np.float32)


def resized(rgb: RgbImage, height: int) -> RgbImage:
    """Return the image at ``height``, width in proportion; smaller by area averages, larger by cubic interpolation."""
    if rgb.shape[0] == height:
        return rgb
    width = max(1, round(rgb.shape[1] * height / rgb.shape[0]))
    method = cv2.INTER_AREA if height < rgb.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=method), dtype=np.uint8)


def find_sheet(rgb: RgbImage) -> Sheet:
    """Cut the sheet out of a scan and bring it to the common height of 1024 pixels (at most doubled).

    Args:
        rgb: (H, W, 3) uint8.

    Raises:
        InputError: the image has a side below 48 pixels, or is longer than eight times its breadth.
    """
    if min(rgb.shape[:2]) < MIN_SIDE or max(rgb.shape[:2]) > LONGEST * min(rgb.shape[:2]):
        expected = f"a page of at least {MIN_SIDE} pixels on each side, no more than {LONGEST} times as long as broad"
        raise InputError(expected, f"an image of {rgb.shape[1]} x {rgb.shape[0]} pixels", "Leave it out.")
    mask = sheet_mask(resized(rgb, SEARCH_HEIGHT))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    scale = rgb.shape[0] / SEARCH_HEIGHT
    top, bottom = int(rows[0] * scale), round((rows[-1] + 1) * scale)
    left, right = int(columns[0] * scale), round((columns[-1] + 1) * scale)
    cut = rgb[top:bottom, left : min(right, rgb.shape[1])]
    page = resized(cut, min(PAGE_HEIGHT, round(cut.shape[0] * LARGEST_ZOOM)))
    rim = 2 * round(RIM * SEARCH_HEIGHT) + 1
    inside = cv2.erode(mask.astype(np.uint8), np.ones((rim, rim)))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Sheet(page, cv2.resize(inside, page.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0)


def sheet_mask(rgb: RgbImage) -> Mask:
    """Return where the sheet is in a small image (256 pixels high); all but the dark where no sheet stands out."""
    closed = np.dstack([cv2.morphologyEx(plane, cv2.MORPH_CLOSE, np.ones((7, 7))) for plane in cv2.split(rgb)])
    lab = to_lab(np.asarray(cv2.medianBlur(closed, 5), dtype=np.uint8))
    dark = lab[:, :, 0] <= DARKEST_PAPER
    # Opened, so that a backdrop does not flow into the sheet through a gap in the sheet's edge.
    even = ((_steps(lab) < STEP_OF_TONE) & ~dark).astype(np.uint8)
    even = cv2.dilate(cv2.erode(even, np.ones((5, 5))), np.ones((5, 5)))
    count, labels = cv2.connectedComponents(even, connectivity=4)
    large = np.bincount(labels.ravel(), minlength=count) > SMALLEST_PIECE * even.size
    large[0] = False
    scores = np.bincount(labels.ravel(), _writing(rgb).ravel(), count) * large
    if not scores.any():
        return ~dark if not dark.all() else np.ones_like(dark)
    chosen = int(scores.argmax())
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    beside = [label for label in np.unique(edge) if large[label] and label != chosen]
    return _outline(labels == chosen, _reaching_edge(dark) | np.isin(labels, beside))


def _steps(lab: Plane) -> Plane:
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.0)
    horizontal, vertical = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt((horizontal**2 + vertical**2).sum(axis=2)) / 4, dtype=np.float32)


def _writing(rgb: RgbImage) -> Plane:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    strokes = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((7, 7)))
    return np.asarray(np.clip(strokes.astype(np.float32) - 12, 0, 60), dtype=np.float32)


def _reaching_edge(dark: Mask) -> Mask:
    _, labels = cv2.connectedComponents(np.pad(dark, 1, constant_values=True).astype(np.uint8))
    return np.asarray(labels[1:-1, 1:-1] == labels[0, 0])


def _outline(piece: Mask, outside: Mask) -> Mask:
    """Return the convex hull of ``piece`` (stains at its edge belong to it) less ``outside``."""
    points = cv2.findNonZero(piece.astype(np.uint8))
    hull = cv2.fillConvexPoly(np.zeros(piece.shape, np.uint8), cv2.convexHull(points), 1)
    # Give back the width of the step itself, which is even on neither side.
    hull = cv2.dilate(hull, np.ones((2 * STEP_WIDTH + 1, 2 * STEP_WIDTH + 1)))
    return np.asarray((hull > 0) & ~outside)
