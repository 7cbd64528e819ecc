import numpy as np
import pytest

from pulih.synthesis.paper import folds, laid_lines, paper_texture, uneven_light
from pulih.synthesis.sheet import new_sheet

WHITE = np.full((128, 512), 255, np.uint8)
EFFECTS = (paper_texture, laid_lines, folds, uneven_light)


def applied(effect, strength=0.8, seed=0, unit=1.0):
    sheet = new_sheet(WHITE, WHITE, unit)
    return sheet, effect(sheet, strength, np.random.default_rng(seed))


@pytest.mark.parametrize("effect", EFFECTS)
def test_effect_changes_the_light_and_records_finite_numbers(effect):
    sheet, drawn = applied(effect)
    assert np.std(sheet.light) > 0.003
    assert drawn
    assert all(np.isfinite(value) for value in drawn.values())
    assert sheet.light.dtype == np.float32


@pytest.mark.parametrize("effect", EFFECTS)
def test_effect_is_stronger_when_asked_and_mild_at_zero(effect):
    mild, strong = (
        np.mean([np.std(applied(effect, strength, seed)[0].light) for seed in range(12)]) for strength in (0.0, 1.0)
    )
    assert mild < 0.05
    assert strong > 1.5 * mild


def test_laid_lines_repeat_at_the_recorded_pitch():
    for seed in range(4):
        sheet, drawn = applied(laid_lines, 1.0, seed)
        profile = sheet.light.mean(axis=0) if drawn["upright"] else sheet.light.mean(axis=1)
        spectrum = np.abs(np.fft.rfft(profile - profile.mean()))
        spectrum[: int(len(profile) / 20)] = 0
        assert len(profile) / np.argmax(spectrum) == pytest.approx(drawn["pitch"], rel=0.1)


def test_fold_rubs_the_ink_off_along_the_crease():
    sheet = new_sheet(np.zeros((128, 512), np.uint8), WHITE, 1.0)
    folds(sheet, 1.0, np.random.default_rng(1))
    assert sheet.ink.min() < 0.6 * sheet.ink.max()


def test_specks_stay_few_and_small():
    sheet, drawn = applied(paper_texture, 1.0)
    assert np.mean(sheet.stain > 0.05) < 0.01
    assert drawn["specks"] > 0
    assert sheet.stain.max() > 0.05


def test_larger_unit_gives_coarser_texture():
    fine, coarse = (np.abs(np.diff(applied(paper_texture, 1.0, unit=unit)[0].light)).mean() for unit in (1.0, 4.0))
    assert coarse < fine
