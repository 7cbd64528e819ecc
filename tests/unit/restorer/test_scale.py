"""The x-height estimate follows the writing, not the resolution or the paper."""

import cv2
import numpy as np
import pytest

from pulih.restorer.resample import resized
from pulih.restorer.scale import estimate_scale


def grey(page: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("x_height", [8, 14, 28, 56])
def test_drawn_x_height_is_found(page_of, x_height: int) -> None:
    found = estimate_scale(grey(page_of(1400, 1100, x_height)))
    assert found is not None
    assert found.x_height == pytest.approx(x_height, rel=0.25)


def test_same_sheet_at_half_resolution_has_half_the_x_height(page_of) -> None:
    page = grey(page_of(1800, 1400, 24))
    whole, half = estimate_scale(page), estimate_scale(resized(page, 0.5))
    assert half.x_height == pytest.approx(whole.x_height / 2, rel=0.12)


def test_noise_stains_and_fading_change_little(page_of) -> None:
    page = grey(page_of(1400, 1100, 18)).astype(float)
    clean = estimate_scale(page.astype(np.uint8))
    light = np.linspace(0.6, 1, 1100)[None, :]
    noise = np.random.default_rng(3).normal(0, 6, page.shape)
    worn = np.clip((page * 0.5 + 100) * light + noise, 0, 255).astype(np.uint8)
    assert estimate_scale(worn).x_height == pytest.approx(clean.x_height, rel=0.2)


def test_black_surroundings_do_not_count_as_writing(page_of) -> None:
    page = grey(page_of(1200, 1000, 18))
    framed = cv2.copyMakeBorder(page, 300, 200, 700, 500, cv2.BORDER_CONSTANT, value=8)
    assert estimate_scale(framed).x_height == pytest.approx(estimate_scale(page).x_height, rel=0.15)


@pytest.mark.parametrize("value", [0, 200, 255])
def test_blank_page_has_no_x_height(value: int) -> None:
    assert estimate_scale(np.full((900, 700), value, np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (30, 40)])
def test_tiny_images_are_survived(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    estimate_scale(image)


def test_paper_grain_alone_has_no_x_height() -> None:
    grain = np.random.default_rng(5).normal(210, 5, (1000, 800)).clip(0, 255).astype(np.uint8)
    assert estimate_scale(grain) is None


def test_real_page_measures_the_same_at_other_resolutions(real_data) -> None:
    path = next((real_data / "archive" / "voc_1791").glob("*.jpg"))
    page = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    x_height = estimate_scale(page).x_height
    assert 12 < x_height < 32
    assert estimate_scale(resized(page, 0.5)).x_height * 2 == pytest.approx(x_height, rel=0.15)
