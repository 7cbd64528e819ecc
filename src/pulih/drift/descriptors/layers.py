"""The layers of a sheet: paper background, ink, and the paper that is left between the ink."""

from dataclasses import dataclass

import cv2
import numpy as np

from pulih.drift.descriptors.region import Mask, Plane, RgbImage, Sheet, find_sheet, to_lab

STROKE_REACH = 21
INK_FLOOR = 0.08
NOISE_FACTOR = 5.0
EDGE_REACH = 7
LARGEST_LETTER = 0.12
SPECK = 12
# Mean size of the smallest nine tenths of normal deviates of unit variance.
TRIMMED_MEAN = 0.6574


@dataclass(frozen=True)
class Layers:
    """A sheet taken apart; all planes are (H, W) at the common scale.

    ``lab`` is CIE L*a*b*; ``grey`` the luma in [0, 1], 1 = white; ``background`` the same without strokes;
    ``darkness`` what strokes take from the background, as a share of it, in [0, 1]; ``ink`` true on strokes of this
    side's writing; ``paper`` true on the sheet at some distance from any ink; ``sheet`` true on the sheet.
    """

    lab: Plane
    grey: Plane
    background: Plane
    darkness: Plane
    ink: Mask
    paper: Mask
    sheet: Mask
    noise: float

    @property
    def has_writing(self) -> bool:
        """Whether there is enough ink to measure strokes (0.1 % of the sheet)."""
        return bool(self.ink.sum() > 0.001 * self.sheet.sum())


def take_apart(rgb: RgbImage) -> Layers:
    """Separate a scan (H, W, 3) uint8 into layers; raises InputError when it has not a page's size."""
    sheet = find_sheet(rgb)
    lab = to_lab(sheet.rgb)
    # From floating point: rounding to 256 levels would round the noise as well.
    grey = np.asarray(cv2.cvtColor(sheet.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    background = _background(sheet)
    darkness = np.clip((background - grey) / np.maximum(background, 0.05), 0, 1).astype(np.float32)
    noise = noise_sigma(grey, sheet.mask)
    marks = _strokes(darkness, sheet.mask, noise / max(float(np.median(background[sheet.mask])), 0.05))
    ink = _letters(marks)
    near = cv2.dilate(marks.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (EDGE_REACH, EDGE_REACH)))
    return Layers(lab, grey, background, darkness, ink, sheet.mask & (near == 0), sheet.mask, noise)


def _background(sheet: Sheet) -> Plane:
    """Return the luma without strokes: closing by a square wider than any stroke, then smoothing."""
    grey = cv2.medianBlur(cv2.cvtColor(sheet.rgb, cv2.COLOR_RGB2GRAY), 3)
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((STROKE_REACH, STROKE_REACH)))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 5).astype(np.float32) / 255, dtype=np.float32)


def noise_sigma(grey: Plane, where: Mask) -> float:
    """Return the standard deviation of the noise, in the unit of ``grey``.

    The second difference in both directions cancels slopes and straight edges (Immerkaer, "Fast noise variance
    estimation", 1996); the mean leaves out the largest tenth, where strokes and fibres are.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))[where]
    if not response.size:
        return 0.0
    calm = np.partition(response, len(response) * 9 // 10)[: len(response) * 9 // 10 + 1]
    return float(calm.mean() / TRIMMED_MEAN / 6)


def _strokes(darkness: Plane, sheet: Mask, noise: float) -> Mask:
    """Return where the writing of this side is: two thresholds joined by hysteresis.

    The upper one parts the page's marks into dark and pale by Otsu's rule, so that bleed-through, which is paler,
    stays out where there is dark ink; the lower one is half of it, so that hairlines stay with their letters.
    """
    floor = max(INK_FLOOR, NOISE_FACTOR * noise)
    marks = darkness[sheet & (darkness > floor)]
    if marks.size < 50:
        return np.zeros_like(sheet)
    levels = np.round(marks * 255).astype(np.uint8)
    otsu, _ = cv2.threshold(levels.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    upper = max(floor, otsu / 255)
    weak = (sheet & (darkness > max(floor, upper / 2))).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak)
    strong = np.bincount(labels.ravel(), (darkness > upper).ravel(), count) > 0
    strong[0] = False
    return np.asarray(strong[labels])


def _letters(marks: Mask) -> Mask:
    """Return the marks without specks, and without frames, drawings and blots larger than letters."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8))
    heights, areas = statistics[:, cv2.CC_STAT_HEIGHT], statistics[:, cv2.CC_STAT_AREA]
    boxes = heights * statistics[:, cv2.CC_STAT_WIDTH]
    keep = (areas >= SPECK) & (heights < LARGEST_LETTER * marks.shape[0]) & (areas < 0.002 * marks.size)
    keep &= (areas < 0.6 * boxes) | (areas < 400)
    keep[0] = False
    return np.asarray(keep[labels]) if count > 1 else marks
