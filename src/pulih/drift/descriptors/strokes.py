"""Descriptors of the hand: stroke width, slant, line pitch, and the blur of the strokes' edges."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.drift.descriptors.layers import Layers
from pulih.drift.descriptors.region import Plane

SLANTS = np.arange(-48.0, 61.0, 4.0)
UPRIGHT = 13
ROWS = 400
STRIPS = 10
SHORTEST_PITCH, LONGEST_PITCH = 0.009, 0.12


def soft_ink(layers: Layers) -> Plane:
    """Return how much of each pixel is ink, in [0, 1]: darkness over the ink's own darkness nearby."""
    around = cv2.dilate(layers.ink.astype(np.uint8), np.ones((5, 5))).astype(np.float32)
    dark = layers.darkness * around
    full = cv2.GaussianBlur(cv2.dilate(dark, np.ones((5, 5))), (0, 0), 3) / (
        cv2.GaussianBlur((around > 0).astype(np.float32), (0, 0), 3) + 1e-3
    )
    return np.asarray(np.clip(dark / np.maximum(full, 0.05), 0, 1), dtype=np.float32)


def gradient(plane: Plane) -> Plane:
    """Return the length of the gradient per pixel, by central differences."""
    down, right = np.gradient(plane)
    return np.asarray(np.hypot(down, right), dtype=np.float32)


def stroke_width(soft: Plane) -> float:
    """Return the mean stroke width in pixels: twice the area over the total variation (the boundary's length)."""
    length = float(gradient(soft).sum())
    return 2 * float(soft.sum()) / length if length else float("nan")


def edge_blur(layers: Layers) -> float:
    """Return the standard deviation in pixels of the Gaussian that explains the ink's edges.

    An edge of height c blurred by sigma has its steepest slope c / (sigma * sqrt(2 pi)).
    """
    reach = np.ones((7, 7))
    smooth = cv2.GaussianBlur(layers.grey, (0, 0), 0.6)
    slope = gradient(smooth)
    rim = (slope >= cv2.dilate(slope, np.ones((3, 3)))) & (cv2.dilate(layers.ink.astype(np.uint8), np.ones((3, 3))) > 0)
    height = cv2.dilate(smooth, reach) - cv2.erode(smooth, reach)
    rim &= height > max(0.08, 6 * layers.noise)
    if rim.sum() < 50:
        return float("nan")
    return float(np.median(height[rim] / (slope[rim] * np.sqrt(2 * np.pi))))


def slant(soft: Plane) -> float:
    """Return the slant in degrees from the vertical, positive to the right.

    The slant is the shear whose undoing makes the most upright unbroken strokes (Vinciarelli and Luettin, "A new
    normalization technique for cursive handwritten words", 2001); a parabola through the best three refines it.
    Unbroken strokes, and not all edges, because the hairlines that join letters lean further than the letters.
    """
    ink = np.asarray(255 * cv2.GaussianBlur(_fullest_rows(soft), (0, 0), 0.8), dtype=np.uint8)
    scores = np.array([_upright_strokes(ink, angle) for angle in SLANTS])
    best = int(scores.argmax())
    if scores[best] <= 0:
        return float("nan")
    if best in (0, len(SLANTS) - 1):
        return float(SLANTS[best])
    return float(SLANTS[best] + _vertex(scores[best - 1 : best + 2]) * (SLANTS[1] - SLANTS[0]))


def _fullest_rows(soft: Plane) -> Plane:
    """Return the ``ROWS`` neighbouring rows with the most ink: enough letters for an angle at half the time."""
    filled = np.concatenate([[0.0], np.cumsum(soft.sum(axis=1, dtype=np.float64))])
    if len(filled) <= ROWS + 1:
        return soft
    start = int((filled[ROWS:] - filled[:-ROWS]).argmax())
    return soft[start : start + ROWS]


def _upright_strokes(ink: NDArray[np.uint8], degrees: float) -> float:
    height, width = ink.shape
    shift = np.tan(np.radians(degrees))
    # Rows move about the middle one; room on both sides keeps what is moved outwards.
    room = int(abs(shift) * height / 2) + 1
    move = np.array([[1, shift, room - shift * height / 2], [0, 1, 0]])
    sheared = cv2.warpAffine(ink, move, (width + 2 * room, height), flags=cv2.INTER_LINEAR)
    return float(cv2.norm(cv2.erode(sheared, np.ones((UPRIGHT, 1))), cv2.NORM_L2SQR))


def line_pitch(soft: Plane) -> float:
    """Return the distance of neighbouring baselines in percent of the sheet's height; NaN without a rhythm.

    Autocorrelation does not mind that skewed lines start at different heights in different strips.
    """
    height = soft.shape[0]
    profiles = np.stack([strip.sum(axis=1) for strip in np.array_split(soft, STRIPS, axis=1)])
    profiles -= profiles.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(profiles, 2 * height, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum.sum(axis=0))[: int(LONGEST_PITCH * height)]
    if correlation[0] <= 0:
        return float("nan")
    correlation /= correlation[0]
    lag = _first_peak(correlation, int(SHORTEST_PITCH * height))
    if lag is None:
        return float("nan")
    return float(100 * (lag + _vertex(correlation[lag - 1 : lag + 2])) / height)


def _first_peak(correlation: NDArray[np.float64], shortest: int) -> int | None:
    inner = correlation[1:-1]
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:])) + 1
    peaks = peaks[peaks >= shortest]
    if not peaks.size or correlation[peaks].max() < 0.05:
        return None
    return int(peaks[correlation[peaks] >= 0.7 * correlation[peaks].max()][0])


def _vertex(three: NDArray[np.floating]) -> float:
    """Return where, within one step of the middle, the parabola through three values has its top."""
    left, middle, right = (float(value) for value in three)
    curve = left - 2 * middle + right
    return 0.5 * (left - right) / curve if curve < 0 else 0.0
