"""Text lines cut out of a page: straightened along the baseline, and what is outside of the polygon made paper."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pulih.batch.lines import NARROWEST, WIDEST
from pulih.data.layout import Layout, LayoutLine, Point
from pulih.restorer.infer import X_HEIGHT_SHARE

GreyImage = NDArray[np.uint8]
Points = NDArray[np.float32]
TALLEST = 2000  # pixels; what is higher is no line


def cut_line(page: GreyImage, line: LayoutLine, layout: Layout, x_height: float | None) -> GreyImage | None:
    """Return a line of an 8-bit grey page (H, W) as a grey crop, None where the file does not say where it is.

    Args:
        layout: of the line; its coordinates are brought to the page's size.
        x_height: of the page in pixels, for a line that has a baseline only.
    """
    factors = page.shape[1] / layout.width, page.shape[0] / layout.height
    polygon, baseline = _scaled(line.polygon, factors), _scaled(line.baseline, factors)
    if len(baseline) < 2 or float(np.hypot(*np.diff(baseline, axis=0).T).sum()) < NARROWEST:
        if len(polygon) < 3:
            return None
        baseline = _floor(polygon)
    if len(polygon) >= 3:
        above, below = _extent(polygon, baseline)
    elif x_height:
        half = x_height / X_HEIGHT_SHARE / 2
        above, below = half + x_height / 2, half - x_height / 2
    else:
        return None
    if not NARROWEST <= above + below <= TALLEST:
        return None
    return _straightened(page, polygon, baseline, (above, below))


def _scaled(points: tuple[Point, ...], factors: tuple[float, float]) -> Points:
    return np.asarray(points, np.float32).reshape(-1, 2) * np.asarray(factors, np.float32)


def _floor(polygon: Points) -> Points:
    """Return the lower edge of a polygon's box, for a line without a baseline."""
    left, right, bottom = polygon[:, 0].min(), polygon[:, 0].max(), polygon[:, 1].max()
    return np.asarray([(left, bottom), (right, bottom)], np.float32)


def _extent(polygon: Points, baseline: Points) -> tuple[float, float]:
    """Return how far a polygon reaches above and below its baseline, at right angles to the line's direction."""
    along = baseline[-1] - baseline[0]
    across = np.asarray((-along[1], along[0])) / max(float(np.hypot(*along)), 1e-6)
    # Where the baseline bends, a point is measured from the baseline's place nearest to it along the line.
    direction = np.asarray((across[1], -across[0]))
    places, heights = baseline @ direction, baseline @ across
    order = np.argsort(places)
    distances = polygon @ across - np.interp(polygon @ direction, places[order], heights[order])
    return max(float(-distances.min()), 0.0), max(float(distances.max()), 0.0)


def _straightened(page: GreyImage, polygon: Points, baseline: Points, extent: tuple[float, float]) -> GreyImage | None:
    steps = np.hypot(*np.diff(baseline, axis=0).T)
    lengths = np.concatenate([[0.0], np.cumsum(steps)])
    above, below = extent
    length = min(float(lengths[-1]), WIDEST * (above + below))
    margin = (above + below) / 8
    at = np.arange(-margin, length + margin)
    if len(at) < NARROWEST:
        return None
    middle = np.stack([np.interp(at, lengths, baseline[:, axis]) for axis in (0, 1)])
    smooth = ndimage.gaussian_filter1d(middle, max(1.0, (above + below) / 2), axis=1, mode="nearest")
    tangent = np.gradient(smooth, axis=1)
    tangent /= np.maximum(np.hypot(*tangent), 1e-6)
    # Beyond the ends the line goes straight on.
    middle = middle + tangent * (at - np.clip(at, 0, lengths[-1]))
    down = np.arange(-math.ceil(above), math.ceil(below) + 1, dtype=np.float32)[:, None]
    across = (middle[0] - tangent[1] * down).astype(np.float32)
    along = (middle[1] + tangent[0] * down).astype(np.float32)
    crop = cv2.remap(page, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _masked(np.asarray(crop, np.uint8), polygon, across, along) if len(polygon) >= 3 else np.asarray(crop)


def _masked(crop: GreyImage, polygon: Points, across: Points, along: Points) -> GreyImage:
    """Return the crop with its paper's tone where it is outside of the polygon."""
    left, top = float(across.min()), float(along.min())
    shape = math.ceil(float(along.max()) - top) + 1, math.ceil(float(across.max()) - left) + 1
    inside = np.zeros(shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(polygon - (left, top)).astype(np.int32)], 1)
    kept = cv2.remap(inside, across - left, along - top, cv2.INTER_NEAREST) == 1
    if not kept.any():
        return crop
    return np.where(kept, crop, np.uint8(np.median(crop[kept])))
