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


def bled(painted: np.ndarray, page: np.ndarray) -> np.ndarray:
    """What restoration makes of a flat field: paper, with the field's colour as a halo on it."""
    halo = cv2.GaussianBlur(painted.astype(np.float32) - page, (0, 0), 20)
    return np.clip(page + halo, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("colour", [(170, 50, 40), (60, 90, 160), (205, 160, 40)])
def test_a_flat_field_that_runs_into_a_halo_is_lost_as_a_whole(page, colour) -> None:
    painted = page.copy()
    painted[90:190, 90:190] = colour
    assert paint_lost(painted, bled(painted, page)) == pytest.approx(100 * 100 / (260 * 340), rel=0.2)


def test_a_map_with_pale_fields_that_turn_to_paper_is_noticed(draw_page) -> None:
    page = draw_page(500, 700)
    painted = page.copy()
    for number, colour in enumerate([(205, 120, 110), (110, 170, 100), (215, 180, 60)]):
        field = np.array([[60, 60], [200, 40], [230, 200], [80, 240]], np.int32)
        field += np.array([200 * (number % 2), 300 * (number // 2)], np.int32)
        cv2.fillPoly(painted, [field], colour)
        cv2.polylines(painted, [field], True, (70, 50, 40), 3)
    assert paint_lost(painted, bled(painted, page)) > 0.05
    # A little paler, as a cleaned page is, they are not lost.
    paler = np.rint(0.9 * painted + 0.1 * 255).astype(np.uint8)
    assert paint_lost(painted, paler) == 0


def test_coloured_letters_may_change_their_tone_as_they_could_before(page) -> None:
    rubric, browner = page.copy(), page.copy()
    for image, colour in ((rubric, (190, 40, 40)), (browner, (150, 75, 55))):
        cv2.putText(image, "Anno 1701", (20, 150), cv2.FONT_HERSHEY_COMPLEX, 1.5, colour, 3)
    assert paint_lost(rubric, browner) < 0.002


def test_a_cover_around_the_sheet_is_no_painted_field(draw_page) -> None:
    before = draw_page(800, 1000)
    before[:, :70] = (150, 60, 40)
    after = before.copy()
    after[:, :70] = (200, 150, 120)
    assert paint_lost(before, after) == 0


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
