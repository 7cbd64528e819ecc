import time

import cv2
import numpy as np
import pytest
from PIL import Image

from pulih.drift.descriptors.page import describe
from pulih.features.catalogue import NAMES


@pytest.fixture(scope="module")
def described(draw, page):
    return describe(draw.image(page))


def test_every_descriptor_of_the_catalogue_is_measured(described):
    assert tuple(described) == NAMES
    assert all(np.isfinite(value) for value in described.values())


def test_a_dark_border_changes_little(draw, page, described):
    scan = np.full((1150, 860, 3), 10.0)
    scan[60:1084, 70:790] = page
    bordered = describe(draw.image(scan))
    assert bordered["background_level"] == pytest.approx(described["background_level"], abs=0.3)
    assert bordered["stain_area"] < 0.3
    assert bordered["line_pitch"] == pytest.approx(described["line_pitch"], rel=0.03)
    assert bordered["slant"] == pytest.approx(described["slant"], abs=1)
    # Strokes of two pixels are softened by the change of scale.
    assert bordered["stroke_width"] == pytest.approx(described["stroke_width"], rel=0.2)


def test_a_higher_resolution_changes_little(draw, page, described):
    fine = describe(cv2.resize(draw.image(page), None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC))
    for name, tolerance in {"line_pitch": 0.02, "stroke_width": 0.15, "contrast": 0.1, "paper_b": 0.02}.items():
        assert fine[name] == pytest.approx(described[name], rel=tolerance)


def test_a_blank_page_has_paper_but_no_hand():
    values = describe(np.full((900, 640, 3), (230, 220, 200), np.uint8))
    assert values["ink_density"] == 0
    assert values["background_level"] > 80
    assert all(np.isnan(values[name]) for name in ("contrast", "blur", "stroke_width", "slant", "line_pitch"))


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_images_are_described(value):
    assert describe(np.full((300, 200, 3), value, np.uint8))["background_level"] == pytest.approx(value / 2.55, abs=0.1)


def test_describing_is_deterministic(draw):
    image = draw.small_page(3)
    assert describe(image) == describe(image.copy())


@pytest.mark.slow
def test_real_pages_are_described_within_three_tenths_of_a_second(real_data):
    paths = sorted((real_data / "archive").rglob("*.jpg"))[::30]
    pages = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    started = time.process_time()
    for page in pages:
        describe(page)
    # Processor time: a busy machine must not fail the test.
    assert (time.process_time() - started) / len(pages) < 0.6
