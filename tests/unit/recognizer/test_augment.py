import numpy as np
import pytest

from pulih.common.seed import generator
from pulih.recognizer.augment import distort, fade, mildly_degraded, training_image
from pulih.recognizer.config import Augmentation

PLAIN = Augmentation(degraded_share=0, scale=0, shear=0, shift=0, tone=0, blur=0)


def test_without_any_change_the_clean_line_comes_out(samples):
    image = training_image(samples[0], PLAIN, generator(0))
    assert np.array_equal(image, samples[0].clean)


def test_degraded_share_of_one_shows_the_degraded_line(samples):
    config = PLAIN.model_copy(update={"degraded_share": 1.0})
    assert np.array_equal(training_image(samples[0], config, generator(0)), samples[0].degraded)


def test_severe_lines_are_blended_down_to_the_greatest_severity(samples):
    sample = samples[0]
    sample.meta["severity"] = 0.8
    blended = mildly_degraded(sample, 0.4).astype(float)
    expected = (sample.degraded.astype(float) + sample.clean) / 2
    sample.meta["severity"] = 0.4
    assert np.abs(blended - expected).max() <= 0.5


@pytest.mark.parametrize("seed", range(8))
def test_distorted_line_keeps_its_height_its_width_at_least_and_its_ink(samples, seed):
    image = samples[6].clean
    changed = distort(image, Augmentation(scale=0.1, shear=0.15, shift=0.05), generator(seed))
    assert changed.shape[0] == image.shape[0]
    assert changed.shape[1] >= image.shape[1]
    ink = (255 - changed.astype(float)).sum() / (255 - image.astype(float)).sum()
    assert 0.75 < ink < 1.25


def test_fading_keeps_the_order_of_tones_and_the_range(samples):
    faded = fade(samples[0].clean, 0.5, generator(1))
    assert faded.dtype == np.uint8
    assert faded[samples[0].clean == 255].min() > faded[samples[0].clean == 20].max()
    assert int(faded.max()) - int(faded.min()) < 235
