import numpy as np
import pytest

from pulih.synthesis.ink import bleed_through, ink_fading, ink_flow, iron_gall_halo, show_through
from pulih.synthesis.sheet import FULL_INK, new_sheet

EFFECTS = (bleed_through, ink_fading, ink_flow, iron_gall_halo, show_through)


@pytest.fixture
def sheet():
    """Bars of ink in front on the left, behind on the right."""
    front, back = (np.full((64, 512), 255, np.uint8) for _ in range(2))
    front[20:44, 20:240:12] = 0
    front[20:44, 21:240:12] = 0
    back[20:44, 280:500:12] = 0
    back[20:44, 281:500:12] = 0
    return new_sheet(front, back, 1.0)


@pytest.mark.parametrize("effect", EFFECTS)
def test_effect_changes_the_layers_and_records_finite_numbers(sheet, effect):
    before = sheet.ink + sheet.stain + sheet.verso
    drawn = effect(sheet, 0.8, np.random.default_rng(0))
    assert np.abs(sheet.ink + sheet.stain + sheet.verso - before).max() > 0.02
    assert all(np.isfinite(value) for value in drawn.values())


@pytest.mark.parametrize("effect", [bleed_through, show_through])
def test_other_side_darkens_where_its_ink_is_and_nowhere_else(sheet, effect):
    effect(sheet, 1.0, np.random.default_rng(0))
    assert sheet.verso[:, 285:490].mean() > 0.005
    assert sheet.verso[:, :250].max() == pytest.approx(0, abs=1e-4)


def test_bleed_through_is_sharper_and_darker_than_show_through(sheet):
    random = np.random.default_rng(0)
    bleed_through(sheet, 1.0, random)
    soaked, sheet.verso = sheet.verso, np.zeros_like(sheet.verso)
    show_through(sheet, 1.0, random)
    assert soaked.max() > 1.5 * sheet.verso.max()


def test_fading_only_removes_ink_and_more_when_stronger(sheet):
    kept = []
    for strength in (0.0, 0.5, 1.0):
        copy = new_sheet(255 - (sheet.ink * 255 / FULL_INK).astype(np.uint8), np.full((64, 512), 255, np.uint8), 1.0)
        ink_fading(copy, strength, np.random.default_rng(3))
        assert np.all(copy.ink <= sheet.ink + 1e-4)
        kept.append(copy.ink.sum() / sheet.ink.sum())
    assert kept[0] == pytest.approx(1, abs=0.01)
    assert kept[0] > kept[1] > kept[2]


def test_halo_surrounds_the_strokes(sheet):
    iron_gall_halo(sheet, 1.0, np.random.default_rng(0))
    beside = sheet.stain[32, 23:240:12].mean()
    assert beside > 0.01
    assert sheet.stain[32, 300:].max() < 0.05 * beside
    assert sheet.stain[0, 20:240].max() < beside


def test_ink_runs_dry_along_the_line_between_two_dips(sheet):
    sheet.ink[:] = FULL_INK
    drawn = ink_flow(sheet, 1.0, np.random.default_rng(1))
    along = sheet.ink.mean(axis=0) / FULL_INK
    assert along.max() - along.min() > 0.5 * drawn["depth"]
