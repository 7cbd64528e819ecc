import numpy as np
import pytest

from pulih.synthesis.optics import blur, jpeg, noise

GREY = np.full((64, 256), 180, np.uint8)
BARS = np.where(np.arange(256)[None, :] % 16 < 3, 30, 200).astype(np.uint8).repeat(64, axis=0)


@pytest.mark.parametrize("effect", [blur, noise, jpeg])
@pytest.mark.parametrize("shape", [(64, 256), (64, 256, 3)])
def test_effect_changes_the_picture_keeps_its_form_and_records_numbers(effect, shape):
    picture = BARS if len(shape) == 2 else np.repeat(BARS[..., None], 3, axis=-1)
    changed, drawn = effect(picture, 1.0, 0.8, np.random.default_rng(0))
    assert changed.shape == shape
    assert changed.dtype == np.uint8
    assert np.abs(changed.astype(int) - picture).mean() > 0.3
    assert all(np.isfinite(value) for value in drawn.values())


def test_blur_softens_edges_and_keeps_the_mean():
    blurred, _ = blur(BARS, 1.0, 1.0, np.random.default_rng(0))
    steps = [np.abs(np.diff(picture.astype(int))).max() for picture in (BARS, blurred)]
    assert steps[1] < 0.9 * steps[0]
    assert blurred.mean() == pytest.approx(BARS.mean(), abs=1)


def test_noise_has_the_recorded_deviation():
    for seed in range(6):
        noisy, drawn = noise(GREY, 1.0, 1.0, np.random.default_rng(seed))
        assert noisy.std() == pytest.approx(drawn["sigma"], rel=0.3)


def test_noise_of_colour_pictures_is_equal_in_all_channels():
    noisy, _ = noise(np.repeat(GREY[..., None], 3, axis=-1), 1.0, 1.0, np.random.default_rng(0))
    assert np.array_equal(noisy[..., 0], noisy[..., 2])


def test_stronger_jpeg_loses_more():
    errors = []
    for strength in (0.0, 1.0):
        compressed, drawn = jpeg(BARS, 1.0, strength, np.random.default_rng(1))
        errors.append(np.abs(compressed.astype(int) - BARS).mean())
        assert 25 <= drawn["quality"] <= 92
    assert errors[1] > errors[0]
