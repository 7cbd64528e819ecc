import numpy as np
import pytest

from pulih.synthesis.sheet import FULL_INK, Palette, compose, new_sheet

WHITE = np.full((8, 10), 255, np.uint8)


def sheet_with_ink():
    clean = WHITE.copy()
    clean[2:4] = 0
    return new_sheet(clean, WHITE, 1.0)


def test_bare_paper_has_the_reflectance_of_the_palette():
    assert compose(new_sheet(WHITE, WHITE, 1.0), Palette((0.8,))) == pytest.approx(np.full((8, 10), 0.8))


def test_densities_of_all_layers_add_up():
    sheet = sheet_with_ink()
    sheet.stain += 0.2
    sheet.verso += 0.3
    sheet.light *= 0.9
    seen = compose(sheet, Palette((0.8,), (1.0,), (0.5,), (2.0,)))
    assert seen[0, 0] == pytest.approx(0.8 * 0.9 * np.exp(-(0.2 * 0.5 + 0.3 * 2)))
    assert seen[2, 0] == pytest.approx(0.8 * 0.9 * np.exp(-(FULL_INK + 0.2 * 0.5 + 0.3 * 2)))


def test_composing_leaves_the_layers_as_they_were():
    sheet = sheet_with_ink()
    before = sheet.ink.copy()
    compose(sheet, Palette((0.8,)))
    assert np.array_equal(sheet.ink, before)


def test_each_channel_has_its_own_colours():
    seen = compose(sheet_with_ink(), Palette((0.9, 0.8, 0.6), (0.5, 1.0, 1.5), (1.0,) * 3, (1.0,) * 3))
    assert seen.shape == (8, 10, 3)
    assert seen[0, 0] == pytest.approx([0.9, 0.8, 0.6])
    assert seen[2, 0] == pytest.approx([0.9, 0.8, 0.6] * np.exp(-FULL_INK * np.array([0.5, 1.0, 1.5])))


def test_backing_shows_where_paper_is_gone():
    sheet = sheet_with_ink()
    sheet.gone, sheet.backing = np.zeros((8, 10), np.float32), 0.05
    sheet.gone[:, 5:] = 1
    seen = compose(sheet, Palette((0.8,)))
    assert np.all(seen[:, 5:] == pytest.approx(0.05))
    assert seen[0, 0] == pytest.approx(0.8)
