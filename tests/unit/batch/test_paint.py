"""Painted colour that goes is noticed; stains, ink and grain that go are not."""

import cv2
import numpy as np
import pytest

from pulih.batch.paint import paint_lost, with_surroundings


def test_a_painted_field_that_turns_to_paper_counts_by_its_area(page) -> None:
    painted = page.copy()
    painted[100:200, 100:200] = (40, 70, 170)
    assert paint_lost(painted, page) == pytest.approx(100 * 100 / (260 * 340), rel=0.05)
    assert paint_lost(painted, painted) == 0


def test_a_whole_new_paper_tone_is_no_loss_when_paint_stays(page) -> None:
    painted, white = page.copy(), np.full_like(page, 255)
    for image in (painted, white):
        image[100:200, 100:200] = (40, 70, 170)
    assert paint_lost(painted, white) < 0.002


def test_stains_ink_and_grain_may_go(page) -> None:
    random = np.random.default_rng(1)
    stained = page.astype(np.float32)
    stained[50:200, 40:240] *= (0.85, 0.78, 0.7)
    cv2.circle(stained, (280, 180), 30, (170, 140, 100), -1)
    stained = np.clip(stained + random.normal(0, 6, page.shape), 0, 255).astype(np.uint8)
    assert paint_lost(stained, np.full_like(page, (225, 210, 180))) < 0.004


def test_the_edge_of_the_book_shows_as_scanned_and_the_sheet_as_restored(draw_page) -> None:
    before = draw_page(800, 1000)
    before[:, :70] = (150, 60, 40)
    before[300:420, 400:520] = (150, 60, 40)
    after = np.full_like(before, 200)
    shown = with_surroundings(before, after)
    assert np.array_equal(shown[:, :60], before[:, :60])
    # A seal within the sheet is none of its surroundings, nor are lines of text, nor a page without any.
    assert np.array_equal(shown[:, 100:], after[:, 100:])
    plain = draw_page(800, 1000)
    assert np.array_equal(with_surroundings(plain, after), after)
