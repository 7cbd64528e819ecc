import numpy as np
import pytest
import torch
from PIL import Image

from pulih.restorer.config import GeneratorConfig
from pulih.restorer.generator import Generator
from pulih.restorer.validation import is_white_page, likeness, restored_line, validate, write_strips


class Always(Generator):
    """Answers with one tone, or with what it is given."""

    def __init__(self, tone=None):
        super().__init__(GeneratorConfig(widths=(2,), encoder_blocks=(0,), decoder_blocks=()))
        self.tone = tone

    def restore(self, degraded_BCHW):
        return degraded_BCHW if self.tone is None else torch.full_like(degraded_BCHW, self.tone)


def test_likeness_by_hand():
    clean = np.full((8, 8), 255, np.uint8)
    image = clean.copy()
    image[0, 0] = 0
    psnr, ssim = likeness(image, clean)
    assert psnr == pytest.approx(10 * np.log10(64))
    assert ssim < 1
    assert likeness(clean, clean)[1] == 1
    assert np.isfinite(likeness(clean, clean)[0])


def test_restored_line_has_the_size_of_the_degraded_one(samples):
    for sample in samples[:3]:
        assert np.array_equal(restored_line(Always(), sample.degraded, torch.device("cpu")), sample.degraded)


def test_doing_nothing_scores_like_the_input(samples, alone):
    scores = validate(Always(), samples, alone)
    assert scores["psnr"] == pytest.approx(scores["psnr_input"])
    assert scores["ssim"] == pytest.approx(scores["ssim_input"])
    assert scores["psnr_light"] == pytest.approx(scores["psnr"])
    assert not is_white_page(scores)


def test_white_pages_are_noticed(samples, alone):
    scores = validate(Always(1.0), samples, alone)
    assert scores["ink"] == 0
    assert is_white_page(scores)


def test_strips_show_degraded_restored_and_clean(samples, tmp_path):
    write_strips(Always(0.5), samples[:2], tmp_path / "strips" / "s.png", torch.device("cpu"))
    sheet = np.asarray(Image.open(tmp_path / "strips" / "s.png"))
    width = max(sample.clean.shape[1] for sample in samples[:2])
    assert sheet.shape == (2 * 64 + 4, 3 * width + 8)
    first = samples[0].degraded.shape[1]
    assert np.array_equal(sheet[:64, :first], samples[0].degraded)
    assert (sheet[:64, width + 4 : width + 4 + first] == 128).all()
    assert np.array_equal(sheet[:64, 2 * width + 8 : 2 * width + 8 + first], samples[0].clean)
