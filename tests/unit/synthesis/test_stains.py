import numpy as np
import pytest

from pulih.synthesis.sheet import Palette, compose, new_sheet
from pulih.synthesis.stains import foxing, holes, stains

WHITE = np.full((256, 512), 255, np.uint8)


def applied(effect, strength=0.8, seed=0, unit=1.0):
    sheet = new_sheet(WHITE, WHITE, unit)
    return sheet, effect(sheet, strength, np.random.default_rng(seed))


@pytest.mark.parametrize("effect", [stains, foxing, holes])
def test_effect_darkens_parts_of_the_paper_and_records_finite_numbers(effect):
    sheet, drawn = applied(effect)
    seen = compose(sheet, Palette((0.8,)))
    assert seen.min() < 0.79
    assert np.median(seen) > 0.4
    assert drawn["number"] >= 1
    assert all(np.isfinite(value) for value in drawn.values())


def test_stain_ends_in_a_rim_darker_than_its_inside():
    rims = []
    for seed in range(20):
        sheet, _ = applied(stains, 1.0, seed)
        stained = sheet.stain[sheet.stain > 0.5 * np.median(sheet.stain[sheet.stain > 0.02])]
        rims.append(np.percentile(stained, 99) / np.median(stained))
    assert np.median(rims) > 1.5


def test_more_foxing_at_higher_strength():
    few, many = (np.mean([applied(foxing, s, seed)[1]["number"] for seed in range(8)]) for s in (0.0, 1.0))
    assert many > 3 * few


def test_stain_at_strength_zero_leaves_no_trace():
    assert applied(stains, 0.0)[0].stain.max() == 0


def test_backing_is_seen_through_holes_only():
    sheet, drawn = applied(holes, 1.0, seed=2)
    seen = compose(sheet, Palette((0.8,)))
    assert np.any(sheet.gone > 0.95)
    assert np.mean(sheet.gone > 0.5) < 0.1
    assert seen[sheet.gone > 0.99] == pytest.approx(drawn["backing"], abs=0.02)
