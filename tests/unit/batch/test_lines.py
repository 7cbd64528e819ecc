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
