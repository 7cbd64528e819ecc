"""Sizes are exact, strips leave no trace, and fine detail of the scan comes back."""

import cv2
import numpy as np
import pytest

from pulih.restorer.resample import back_to_full_size, enlarged_rows, fitted, resized, strips


def test_fitted_gives_exactly_the_wanted_size() -> None:
    image = np.zeros((37, 53), np.uint8)
    assert fitted(resized(image, 1.7), image.shape).shape == image.shape


@pytest.mark.parametrize("height", [1, 255, 256, 257, 1000])
def test_strips_cover_every_row_once(height: int) -> None:
    assert [row for rows in strips(height) for row in range(height)[rows]] == list(range(height))


@pytest.mark.parametrize(("small", "large"), [((20, 30), (700, 800)), ((1, 5), (600, 40)), ((300, 200), (301, 203))])
def test_rows_enlarged_in_strips_equal_opencv_on_the_whole(small: tuple[int, int], large: tuple[int, int]) -> None:
    field = np.random.default_rng(1).random((*small, 3), np.float32)
    whole = cv2.resize(field, large[::-1], interpolation=cv2.INTER_LINEAR)
    parts = np.vstack([enlarged_rows(field, large, rows) for rows in strips(large[0])])
    assert np.abs(parts - whole).max() < 1e-4


def test_reduced_page_comes_back_as_sharp_as_the_scan(page_of) -> None:
    page = cv2.cvtColor(page_of(1500, 1200, 60), cv2.COLOR_RGB2GRAY)
    low, high = int(page.min()), int(page.max())
    perfect = ((page.astype(float) - low) / (high - low) * 255).astype(np.uint8)
    seen = resized(page, 0.27)
    plain = fitted(resized(perfect, 0.27), page.shape)
    guided = back_to_full_size(resized(perfect, 0.27), seen, page)

    def error(answer: np.ndarray) -> float:
        return float(np.mean((answer.astype(float) - perfect) ** 2))

    assert error(guided) < 0.1 * error(plain)


def test_what_the_network_removed_stays_removed(page_of) -> None:
    page = cv2.cvtColor(page_of(1200, 900, 40), cv2.COLOR_RGB2GRAY)
    erased = np.full(page.shape, 255, np.uint8)
    assert (back_to_full_size(resized(erased, 0.4), resized(page, 0.4), page) == 255).all()


def test_near_full_size_is_plain_interpolation() -> None:
    answer = np.random.default_rng(2).integers(0, 256, (90, 90)).astype(np.uint8)
    full = np.zeros((100, 100), np.uint8)
    assert np.array_equal(back_to_full_size(answer, answer, full), fitted(answer, full.shape))
