import math

import numpy as np
import pytest
from scipy.signal import convolve2d

from pulih.common.errors import InputError
from pulih.evaluation.metrics import IDENTICAL_DB, psnr, ssim


def filled(value, shape=(16, 20)):
    return np.full(shape, value, dtype=np.uint8)


def test_psnr_of_one_grey_level_everywhere_is_hand_computed():
    assert psnr(filled(200), filled(201)) == pytest.approx(20 * math.log10(255))  # 48.1308 dB


def test_psnr_of_ink_against_paper_is_zero():
    assert psnr(filled(0), filled(255)) == pytest.approx(0)


def test_psnr_of_one_wrong_pixel_in_a_hundred_is_twenty_decibel():
    wrong = filled(255, (10, 10))
    wrong[3, 4] = 0
    assert psnr(filled(255, (10, 10)), wrong) == pytest.approx(20)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_equal_constant_images_are_identical(value):
    assert psnr(filled(value), filled(value)) == IDENTICAL_DB
    assert ssim(filled(value), filled(value)) == pytest.approx(1)


def test_a_single_grey_level_in_a_wide_line_stays_below_identical():
    clean = filled(255, (128, 1024))
    almost = clean.copy()
    almost[0, 0] -= 1
    assert psnr(clean, almost) < IDENTICAL_DB


def test_ssim_of_two_constant_images_is_the_luminance_term():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)
    assert ssim(filled(100), filled(200)) == pytest.approx(expected, abs=1e-9)


def ssim_by_definition(x, y):
    """Equation 13 of Wang et al. 2004 on every whole 11 x 11 window, averaged."""
    steps = np.arange(-5, 6)
    row = np.exp(-(steps**2) / (2 * 1.5**2))
    window = np.outer(row, row) / row.sum() ** 2
    x, y = x.astype(float), y.astype(float)

    def mean(values):
        return convolve2d(values, window, mode="valid")

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return np.mean((2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)))


def test_ssim_equals_its_definition():
    random = np.random.default_rng(3)
    clean = random.integers(0, 256, (32, 48), dtype=np.uint8)
    noisy = np.clip(clean + random.normal(0, 40, clean.shape), 0, 255).astype(np.uint8)
    assert ssim(clean, noisy) == pytest.approx(ssim_by_definition(clean, noisy), abs=1e-6)


def test_inverted_ink_scores_worse_than_white_paper():
    clean = filled(255, (64, 128))
    clean[20:40, 30:90:6] = 0
    assert psnr(clean, 255 - clean) < psnr(clean, filled(255, clean.shape)) < psnr(clean, clean)
    assert ssim(clean, 255 - clean) < 0


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (filled(1, (16, 21)), "(16, 21)"),
        (filled(1).astype(np.float32), "float32"),
        (filled(1, (16, 20, 3)), "(16, 20, 3)"),
    ],
)
def test_unlike_images_are_refused_and_named(other, said):
    for metric in (psnr, ssim):
        with pytest.raises(InputError) as caught:
            metric(filled(1), other)
        assert said in str(caught.value)


def test_a_line_smaller_than_the_window_is_refused():
    with pytest.raises(InputError, match="11 x 11"):
        ssim(filled(1, (10, 40)), filled(1, (10, 40)))
