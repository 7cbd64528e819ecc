import numpy as np
import pytest

from pulih.synthesis.layout import draw_layout, write_page_text


@pytest.fixture(scope="module")
def page(words, face):
    """A layout and the page written in it."""
    random = np.random.default_rng(0)
    layout = draw_layout(random)
    return layout, write_page_text(layout, face, words, random)


def test_pages_have_the_size_of_archive_scans():
    layouts = [draw_layout(np.random.default_rng(seed)) for seed in range(50)]
    assert all(1100 <= layout.height <= 1500 and layout.width < layout.height for layout in layouts)
    assert all(25 < layout.pitch < 85 for layout in layouts)


def test_every_line_has_its_text_and_a_box_with_ink_inside_the_page(page):
    layout, written = page
    assert len(written.lines) > 5
    for line in written.lines:
        x, y, width, height = line["box"]
        assert line["text"]
        assert 0 <= x < x + width <= layout.width
        assert 0 <= y < y + height <= layout.height
        assert np.mean(written.clean[y : y + height, x : x + width] < 128) > 0.01


def test_there_is_no_ink_outside_the_boxes(page):
    _, written = page
    rest = written.clean.copy()
    for x, y, width, height in (line["box"] for line in written.lines):
        rest[y : y + height, x : x + width] = 255
    assert rest.min() == 255


def test_lines_follow_each_other_at_the_pitch(page):
    layout, written = page
    steps = np.diff([line["box"][1] for line in written.lines[1:]])
    assert np.median(steps) == pytest.approx(layout.pitch, rel=0.1)


def test_folio_number_is_left_out_on_request(words, face):
    layout = draw_layout(np.random.default_rng(3))
    numbered, plain = (
        write_page_text(layout, face, words, np.random.default_rng(4), folio=folio) for folio in (True, False)
    )
    assert numbered.lines[0]["text"].isdigit()
    assert numbered.lines[0]["box"][0] > layout.width / 2
    assert plain.lines[0]["box"][0] < layout.width / 2
