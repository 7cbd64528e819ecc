import cv2
import numpy as np
import pytest

from pulih.drift.descriptors import strokes
from pulih.drift.descriptors.layers import take_apart


def soft_ink_of(draw, mask):
    return strokes.soft_ink(take_apart(draw.image(draw.on_paper(mask))))


@pytest.mark.parametrize("slant", [-20, 0, 12, 25, 40])
def test_slant_is_that_of_the_shear(draw, slant):
    # The upright font measures 0 within half a degree; what is added by shearing must come out.
    assert strokes.slant(soft_ink_of(draw, draw.text(slant=slant))) == pytest.approx(slant, abs=2)


@pytest.mark.parametrize("pitch", [24, 40, 63])
def test_line_pitch_is_the_distance_of_the_lines(draw, pitch):
    measured = strokes.line_pitch(soft_ink_of(draw, draw.text(pitch=pitch)))
    assert measured == pytest.approx(100 * pitch / 1024, rel=0.01)


def test_line_pitch_does_not_mind_skew(draw):
    turn = cv2.getRotationMatrix2D((360, 512), 2.0, 1.0)
    skewed = cv2.warpAffine(draw.text(pitch=40), turn, (720, 1024))
    assert strokes.line_pitch(soft_ink_of(draw, skewed)) == pytest.approx(100 * 40 / 1024, rel=0.02)


def test_no_rhythm_is_no_line_pitch():
    scattered = np.zeros((1024, 700), np.float32)
    assert np.isnan(strokes.line_pitch(scattered))
    scattered[500:510, 100:600] = 1
    assert np.isnan(strokes.line_pitch(scattered))


@pytest.mark.parametrize("width", [2, 4, 8])
def test_stroke_width_is_that_of_the_pen(draw, width):
    assert strokes.stroke_width(soft_ink_of(draw, draw.rings(width))) == pytest.approx(width, abs=0.5)


def test_edge_blur_follows_the_blur_that_is_added(draw):
    page = draw.on_paper(draw.rings(8))
    measured = [
        strokes.edge_blur(take_apart(draw.image(cv2.GaussianBlur(page, (0, 0), sigma) if sigma else page)))
        for sigma in (0, 1, 1.5, 2, 2.5)
    ]
    assert measured == sorted(measured)
    # Variances add: what was there before (drawing, smoothing, sampling) is the first measurement.
    for sigma, value in zip((1, 1.5, 2), measured[1:], strict=False):
        assert np.sqrt(value**2 - measured[0] ** 2) == pytest.approx(sigma, rel=0.25)


def test_noise_is_not_taken_for_sharpness(draw, page):
    noisy = page + np.random.default_rng(0).normal(0, 4, page.shape[:2])[:, :, None]
    clean, with_noise = (strokes.edge_blur(take_apart(draw.image(p))) for p in (page, noisy))
    assert with_noise == pytest.approx(clean, rel=0.08)


def test_too_few_edges_have_no_blur():
    assert np.isnan(strokes.edge_blur(take_apart(np.full((600, 400, 3), 220, np.uint8))))


def test_strokeless_planes_have_neither_width_nor_slant():
    nothing = np.zeros((600, 400), np.float32)
    assert np.isnan(strokes.stroke_width(nothing))
    assert np.isnan(strokes.slant(nothing))
