"""Lines cut out of a page: straight, of their own ink only, and where the file says."""

import cv2
import numpy as np
import pytest

from pulih.batch.cutting import cut_line
from pulih.data.layout import Layout, LayoutLine

SIZE = 400, 200  # of the layout; the page is twice as large


def page_with(curve) -> np.ndarray:
    """A page whose writing is a row of black squares that sit on a curve."""
    page = np.full((400, 800), 230, np.uint8)
    for x in range(100, 700, 30):
        base = round(curve(x))
        page[base - 16 : base, x : x + 16] = 0
    return page


def line_along(curve, up=14, down=6) -> LayoutLine:
    xs = range(45, 361, 15)
    base = [(float(x), curve(2 * x) / 2) for x in xs]
    polygon = [(x, y - up) for x, y in base] + [(x, y + down) for x, y in reversed(base)]
    return LayoutLine("l", tuple(polygon), tuple(base), "")


@pytest.mark.parametrize("curve", [lambda x: 200, lambda x: 120 + 0.2 * x, lambda x: 200 + 40 * np.sin(x / 200)])
def test_a_line_comes_out_straight(curve) -> None:
    crop = cut_line(page_with(curve), line_along(curve), Layout("PAGE", *SIZE, ()), None)
    rows = np.flatnonzero((crop < 100).sum(axis=1) > 20)
    assert 14 <= rows.max() - rows.min() + 1 <= 28
    assert 38 <= crop.shape[0] <= 52
    # Every square is there.
    dark = (crop[rows.min() : rows.max() + 1] < 100).any(axis=0)
    assert np.count_nonzero(np.diff(dark.astype(int)) == 1) == 20


def test_ink_outside_of_the_polygon_is_none_of_the_line() -> None:
    page = page_with(lambda x: 200)
    cv2.rectangle(page, (100, 158), (700, 162), 0, -1)
    # The polygon rises at its right end, where the other line's ink is.
    polygon = ((45.0, 86.0), (300.0, 86.0), (330.0, 70.0), (360.0, 86.0), (360.0, 106.0), (45.0, 106.0))
    line = LayoutLine("l", polygon, ((45.0, 100.0), (360.0, 100.0)), "")
    crop = cut_line(page, line, Layout("PAGE", *SIZE, ()), None)
    above = crop[: crop.shape[0] // 3, :400]
    assert above.min() > 200


def test_a_line_needs_a_polygon_or_a_baseline_and_the_height_of_its_letters() -> None:
    page, layout = page_with(lambda x: 200), Layout("PAGE", *SIZE, ())
    box = LayoutLine("l", ((45, 86), (360, 86), (360, 106), (45, 106)), (), "")
    assert np.count_nonzero(cut_line(page, box, layout, None) < 100) > 4000
    bare = LayoutLine("l", (), ((45, 100), (360, 100)), "")
    assert cut_line(page, bare, layout, None) is None
    crop = cut_line(page, bare, layout, 16.0)
    assert crop.shape[0] == pytest.approx(64, abs=2)
    assert np.count_nonzero(crop < 100) > 4000
    assert cut_line(page, LayoutLine("l", (), ((45, 100), (46, 100)), ""), layout, 16.0) is None
