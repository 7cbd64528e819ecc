"""Where the lines of a page are: from its PAGE or ALTO file, else from where its rows are dark.

The rows serve simple pages only, of one column and hardly skewed; a line is as high as the lines a recognizer was
trained on, so that its letters fill the same share of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from pulih.data.layout import Layout
from pulih.restorer.infer import X_HEIGHT_SHARE
from pulih.restorer.resample import resized

GreyImage = NDArray[np.uint8]
NARROWEST = 8  # pixels; a crop of less is no line
PROFILE_X_HEIGHT = 8.0  # pixels at which rows are summed
LEAST_PEAK = 0.25  # of the highest peak: less ink than that in a row is no line
LONGEST_STROKE = 6.0  # in x-heights; what is straight for longer was not written
WIDEST = 40.0  # a crop's width in its heights, at most


@dataclass(frozen=True)
class Box:
    """Rows ``top`` to ``bottom`` and columns ``left`` to ``right`` of a page, in its pixels, the ends not included."""

    top: int
    bottom: int
    left: int
    right: int

    def cut(self, page: GreyImage) -> GreyImage:
        """Return what a grey page shows there."""
        return page[self.top : self.bottom, self.left : self.right]


def boxes_of_layout(layout: Layout, shape: tuple[int, ...]) -> list[Box]:
    """Return the boxes around the polygons of a layout, brought to a page of ``shape``."""
    across, down = shape[1] / layout.width, shape[0] / layout.height
    boxes = []
    for line in layout.lines:
        if line.polygon:
            left, right = (across * end(x for x, _ in line.polygon) for end in (min, max))
            top, bottom = (down * end(y for _, y in line.polygon) for end in (min, max))
            boxes.append(_clipped(top, bottom, left, right, shape))
    return [box for box in boxes if box is not None]


def boxes_of_rows(page: GreyImage, x_height: float) -> list[Box]:
    """Return a box for every run of dark rows of an 8-bit grey page (H, W), 255 = white."""
    factor = min(1.0, PROFILE_X_HEIGHT / x_height)
    small = resized(page, factor)
    paper = ndimage.grey_closing(small, size=(31, 31))
    dark = 1 - small / np.maximum(paper, 1) > 0.25
    dark &= ~_straight(dark, round(LONGEST_STROKE * x_height * factor))
    profile = ndimage.gaussian_filter1d(dark.sum(axis=1).astype(float), 0.4 * x_height * factor)
    high = LEAST_PEAK * float(profile.max(initial=0))
    peaks, _ = signal.find_peaks(profile, height=max(high, 1.0), distance=max(1, round(2 * x_height * factor)))
    half = x_height / X_HEIGHT_SHARE / 2
    boxes = []
    for peak in peaks:
        columns = np.flatnonzero(dark[max(0, peak - 4) : peak + 5].any(axis=0))
        middle, left, right = peak / factor, columns[0] / factor - half / 2, columns[-1] / factor + half / 2
        boxes.append(_clipped(middle - half, middle + half, left, min(right, left + 2 * half * WIDEST), page.shape))
    return [box for box in boxes if box is not None]


def _straight(dark: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return what belongs to runs of at least ``length`` pixels along a row or column: edges of sheets, rules."""
    runs = [ndimage.binary_opening(dark, np.ones(shape, bool)) for shape in ((1, length), (length, 1))]
    return np.asarray(ndimage.binary_dilation(runs[0] | runs[1], iterations=1), bool)


def _clipped(top: float, bottom: float, left: float, right: float, shape: tuple[int, ...]) -> Box | None:
    box = Box(max(0, round(top)), min(shape[0], round(bottom)), max(0, round(left)), min(shape[1], round(right)))
    return box if min(box.bottom - box.top, box.right - box.left) >= NARROWEST else None
