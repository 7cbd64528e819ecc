"""The scale of a page's writing: its x-height, from the widths of the ink profile's peaks.

A vertical strip of a page, summed along its rows, shows one peak per text line; ascenders and descenders are its
skirts, the body of the small letters its core, and the width at half prominence the x-height. Medians over many
strips, weighted by ink, shrug off rules, stamps and headings.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from pulih.restorer.resample import resized

GreyImage = NDArray[np.uint8]
FIRST_SIDE = 2400  # longest side of the first look, in pixels
LAST_SIDE = 6000
MOST_ENLARGED = 4.0
CONVINCING = 0.7
CANONICAL = 16.0  # x-height in pixels at which the measurement is taken, so that it does not depend on resolution
STRIP = 160  # strip width in pixels at that scale: ten letters, narrow enough for a skew of some degrees
PAPER_WINDOW = 61
FEWEST_PEAKS = 5
SAMPLE = 3_000_000  # pixels from which the levels of paper and ink are told
ROUNDS = 4
TOLERANCE = 0.05


@dataclass(frozen=True)
class TextScale:
    """``x_height`` in pixels of the page; ``explained``, about 1, is the share of the ink in the measured bodies."""

    x_height: float
    explained: float


def estimate_scale(grey: GreyImage) -> TextScale | None:
    """Estimate the x-height of the writing on an 8-bit grey page (H, W), 255 = white; None when it shows no text.

    The page is looked at again at the scale where its letters would be ``CANONICAL`` high until that holds, so that
    the same sheet scanned at another resolution gets the same answer in millimetres.
    """
    first = min(1.0, FIRST_SIDE / max(grey.shape))
    best: TextScale | None = None
    # Very small or very large writing shows only at another magnification; at a wrong one, strokes pass for lines.
    for factor in (first, first / 2.5, min(2.5 * first, MOST_ENLARGED)):
        found = _refine(grey, factor)
        if found is not None and (best is None or found.explained > best.explained):
            best = found
        if best is not None and best.explained > CONVINCING:
            break
    return best


def _refine(grey: GreyImage, factor: float) -> TextScale | None:
    found: TextScale | None = None
    for _ in range(ROUNDS):
        measured = measure(resized(grey, factor))
        if measured is None:
            break
        found = TextScale(measured.x_height / factor, measured.explained)
        wanted = min(factor * CANONICAL / measured.x_height, MOST_ENLARGED, LAST_SIDE / max(grey.shape))
        if abs(wanted / factor - 1) < TOLERANCE:
            break
        factor = wanted
    return found


def measure(grey: GreyImage) -> TextScale | None:
    """Measure the x-height of writing whose letters are about ``CANONICAL`` pixels high; None without text."""
    ink = _writing(grey)
    if ink is None:
        return None
    heights: list[float] = []
    weights: list[float] = []
    for start in range(0, grey.shape[1], STRIP):
        profile = ndimage.gaussian_filter1d(ink[:, start : start + STRIP].sum(axis=1).astype(float), 1.5)
        peaks, properties = signal.find_peaks(profile, prominence=0.05 * STRIP)
        widths = signal.peak_widths(profile, peaks, rel_height=0.5)[0]
        heights.extend(widths)
        weights.extend(properties["prominences"] * widths)
    if len(heights) < FEWEST_PEAKS:
        return None
    explained = float(sum(weights)) / max(int(ink.sum()), 1)
    return TextScale(_weighted_median(np.array(heights), np.array(weights)), explained)


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    summed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(summed, summed[-1] / 2)])


def _writing(grey: GreyImage) -> NDArray[np.bool_] | None:
    """Return where strokes are: dark against the paper around them, neither rules nor specks nor the page's edge."""
    ink = _ink(grey)
    if ink is None:
        return None
    stroke = _stroke_width(ink)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    width, height = statistics[:, cv2.CC_STAT_WIDTH], statistics[:, cv2.CC_STAT_HEIGHT]
    is_rule = (width > 25 * height) | (height > 25 * width) | (height > 20 * CANONICAL)
    kept = (statistics[:, cv2.CC_STAT_AREA] > 2 * stroke**2) & (height >= 1.5 * stroke) & ~is_rule
    kept[0] = False
    return np.asarray(kept[labels])


def _ink(grey: GreyImage) -> NDArray[np.bool_] | None:
    """Return what is darker than a level, found by Otsu's method, against the paper around it.

    The levels come from a sample of the pixels, which tells them as well; all else is done in whole numbers.
    """
    paper = paper_around(grey)
    step = max(1, round((grey.size / SAMPLE) ** 0.5))
    some_paper = paper[::step, ::step]
    # Beside the sheet lie dark boards and the scanner's black; their rims would pass for strokes.
    sheet = (paper > 0.55 * np.percentile(some_paper, 90)).astype(np.uint8)
    inside = cv2.erode(sheet, np.ones((PAPER_WINDOW, PAPER_WINDOW), np.uint8), borderValue=1).astype(bool)
    darkness = np.clip(1 - grey[::step, ::step] / np.maximum(some_paper, 1).astype(np.float32), 0, 1)
    level = _ink_level(darkness[inside[::step, ::step]], step**2)
    if level is None:
        return None
    # grey < (1 - level) * paper, with a table of the right side.
    brightest = np.ceil((1 - level) * np.maximum(np.arange(256), 1)).astype(np.uint8)
    return np.asarray((grey < cv2.LUT(paper, brightest)) & inside)


def paper_around(grey: GreyImage) -> GreyImage:
    """Return the paper's tone around every pixel of an 8-bit grey image (H, W), without its strokes, smoothed."""
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((PAPER_WINDOW // 2, PAPER_WINDOW // 2), np.uint8))
    return np.asarray(cv2.blur(paper, (PAPER_WINDOW, PAPER_WINDOW)), np.uint8)


def _ink_level(values: NDArray[np.float32], stands_for: int) -> float | None:
    """Return the darkness from which on a pixel is ink, None without any; each value stands for so many pixels."""
    if values.size == 0:
        return None
    middle = np.median(values)
    grain = middle + 4 * 1.4826 * np.median(np.abs(values - middle))
    values = values[values > max(grain, 0.06)]
    if values.size * stands_for < 100:
        return None
    threshold, _ = cv2.threshold((values * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return float(min(threshold / 255, 0.5))


def _stroke_width(ink: NDArray[np.bool_]) -> float:
    area = int(ink.sum())
    rim = area - int(cv2.erode(ink.astype(np.uint8), np.ones((3, 3), np.uint8)).sum())
    return 2 * area / max(rim, 1)
