"""Lines of a page: those of its XML file scaled to the image, or its dark rows."""

import numpy as np

from pulih.batch.lines import Box, boxes_of_layout, boxes_of_rows
from pulih.data.layout import Layout, LayoutLine
from pulih.restorer.colour import luminance
from pulih.restorer.scale import estimate_scale


def test_boxes_follow_the_size_of_the_image_and_stay_within_it() -> None:
    lines = (
        LayoutLine("a", ((20, 40), (120, 44), (118, 80)), (), ""),
        LayoutLine("b", (), ((0, 0),), ""),
        LayoutLine("c", ((-50, 180), (500, 180), (500, 500)), (), ""),
    )
    boxes = boxes_of_layout(Layout("ALTO", 200, 200, lines), (100, 100))
    assert boxes == [Box(20, 40, 10, 60), Box(90, 100, 0, 100)]


def test_every_drawn_line_has_one_box_around_it(draw_page) -> None:
    grey = luminance(draw_page(600, 700))
    boxes = boxes_of_rows(grey, estimate_scale(grey).x_height)
    bases = np.arange(40, 590, 40)
    assert len(boxes) == len(bases)
    for box, base in zip(boxes, bases, strict=True):
        assert box.top < base - 8 < box.bottom
        assert box.cut(grey).min() < 90


def test_blank_paper_has_no_line() -> None:
    assert boxes_of_rows(np.full((300, 300), 220, np.uint8), 12.0) == []


def test_a_dark_frame_and_the_edges_of_the_sheet_are_no_lines(draw_page) -> None:
    page = luminance(draw_page())
    x_height = estimate_scale(page).x_height
    framed = np.pad(page, ((30, 30), (24, 24)), constant_values=40)
    framed[28:31, 20:-20] = 0
    boxes = boxes_of_rows(page, x_height)
    moved = [Box(box.top + 30, box.bottom + 30, box.left + 24, box.right + 24) for box in boxes]
    found = boxes_of_rows(framed, x_height)
    assert len(found) == len(moved)
    for one, other in zip(found, moved, strict=True):
        assert abs(one.top - other.top) <= 3
        assert max(abs(one.left - other.left), abs(one.right - other.right)) <= 12
