import base64
import io

import numpy as np
import pytest
from jinja2 import UndefinedError
from matplotlib.figure import Figure
from PIL import Image

from pulih.common.html import THEME, figure_svg, number, percent, png_data_uri, render


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_png_data_uri_holds_the_very_pixels(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    head, data = png_data_uri(image).split(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), image)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.005, 1, "1.0"), (-0.25, 2, "\N{MINUS SIGN}0.25"), (None, 2, "\N{EN DASH}"), (float("nan"), 2, "\N{EN DASH}")],
)
def test_numbers_are_set_with_their_signs(value, digits, text):
    assert number(value, digits) == text


def test_percent_of_a_share():
    assert percent(0.1234) == "12.3 %"
    assert percent(float("inf")) == "\N{EN DASH}"


def chart():
    figure = Figure()
    figure.subplots().plot([0, 1], [1, 2], color=THEME["series-1"], label="<b>")
    return figure


def test_chart_takes_the_colours_of_the_page_and_the_same_chart_the_same_bytes():
    svg = figure_svg(chart())
    assert "var(--series-1)" in svg
    assert THEME["series-1"] not in svg
    assert svg.startswith("<svg")
    assert svg == figure_svg(chart())


def test_values_are_escaped_and_missing_ones_are_an_error(tmp_path):
    (tmp_path / "page.html.j2").write_text("{{ value }}{{ share | percent }}")
    assert render("page.html.j2", tmp_path, value="<script>", share=0.5) == "&lt;script&gt;50.0 %"
    with pytest.raises(UndefinedError):
        render("page.html.j2", tmp_path, value="x")


def test_parts_make_an_accessible_slider(tmp_path):
    (tmp_path / "page.html.j2").write_text(
        '{% import "parts.html.j2" as parts %}{{ parts.slider("data:a", "data:b", "a <line>", ("old", "new")) }}'
    )
    page = render("page.html.j2", tmp_path)
    assert 'aria-label="a &lt;line&gt;: how much of old to show"' in page
    assert page.index("data:a") < page.index("data:b")
