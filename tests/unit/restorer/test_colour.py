"""Colours survive: paper, ink and what lies beside the sheet."""

import cv2
import numpy as np
import pytest

from pulih.restorer.colour import compose, find_surface, ink_tone, luminance, network_view

PAPER, INK = (225, 210, 180), (95, 60, 30)


def restored_perfectly(page: np.ndarray) -> np.ndarray:
    """Return 0 where the page is ink, 255 where it is paper."""
    low, high = luminance(np.uint8([[INK]]))[0, 0], luminance(np.uint8([[PAPER]]))[0, 0]
    share = (luminance(page).astype(float) - low) / (float(high) - low)
    return np.clip(share * 255, 0, 255).astype(np.uint8)


def composed(page: np.ndarray, paper: str = "keep") -> np.ndarray:
    surface = find_surface(page, 14)
    restored = restored_perfectly(page)
    return compose(page, restored, surface, ink_tone(page, restored, surface), paper)


def test_paper_and_ink_keep_their_tone(page_of) -> None:
    page = page_of(700, 900, 14)
    answer = composed(page)
    assert np.abs(np.median(answer, axis=(0, 1)) - PAPER).max() <= 3
    dark = answer[restored_perfectly(page) == 0].mean(axis=0)
    hue = dark / dark.sum()
    assert np.abs(hue - np.array(INK) / sum(INK)).max() < 0.03


def test_red_ink_stays_red_beside_brown_ink(page_of) -> None:
    page = page_of(700, 900, 14)
    red = page_of(700, 900, 14, ink=(190, 50, 40))
    page[:, 450:] = red[:, 450:]
    restored = np.where(luminance(page) < 170, 0, 255).astype(np.uint8)
    surface = find_surface(page, 14)
    answer = compose(page, restored, surface, ink_tone(page, restored, surface), "keep").astype(float)
    right = answer[:, 600:][restored[:, 600:] == 0].mean(axis=0)
    left = answer[:, :300][restored[:, :300] == 0].mean(axis=0)
    assert right[0] / right[1] > 2.5
    assert left[0] / left[1] < 2


def test_faded_ink_is_deepened_with_its_hue(page_of) -> None:
    page = page_of(700, 900, 14, ink=(190, 165, 135))
    restored = np.where(luminance(page) < 180, 0, 255).astype(np.uint8)
    surface = find_surface(page, 14)
    tone = ink_tone(page, restored, surface)
    assert luminance(np.uint8(tone)).max() < 0.4 * luminance(np.uint8([[PAPER]]))[0, 0]
    assert (np.diff(tone, axis=2) < 0).all()


def test_pale_stroke_is_as_brown_as_a_dark_one(page_of) -> None:
    page = page_of(700, 900, 14)
    surface = find_surface(page, 14)
    ink = ink_tone(page, restored_perfectly(page), surface)
    grey = np.full(page.shape[:2], 170, np.uint8)
    answer = compose(page, grey, surface, ink, "keep")[350, 450].astype(float)
    densities = np.log(surface.paper[surface.paper.shape[0] // 2, surface.paper.shape[1] // 2] / answer)
    expected = np.log(np.array(PAPER) / np.array(INK))
    assert densities / densities.sum() == pytest.approx(expected / expected.sum(), abs=0.04)


def test_ink_written_in_grey_is_no_paler_than_in_the_scan(page_of) -> None:
    page = page_of(700, 900, 14)
    hesitant = (255 - 0.8 * (255.0 - restored_perfectly(page))).astype(np.uint8)
    surface = find_surface(page, 14)
    answer = compose(page, hesitant, surface, ink_tone(page, hesitant, surface), "keep")
    strokes = hesitant < 60
    assert luminance(answer)[strokes].mean() < luminance(page)[strokes].mean() + 3


def test_black_ink_stays_as_black_as_it_was(page_of) -> None:
    page = page_of(700, 900, 14, ink=(20, 18, 16))
    page = cv2.GaussianBlur(page, (0, 0), 1.0)
    restored = np.where(luminance(page) < 130, 0, 255).astype(np.uint8)
    surface = find_surface(page, 14)
    answer = compose(page, restored, surface, ink_tone(page, restored, surface), "keep")
    assert answer[restored == 0].mean() < page[restored == 0].mean() + 3


def test_white_paper_is_exactly_white(page_of) -> None:
    page = page_of(700, 900, 14)
    answer = composed(page, "white")
    assert (answer[restored_perfectly(page) == 255] == 255).all()


def test_stain_disappears_and_slow_shading_stays(page_of) -> None:
    page = page_of(900, 1200, 14)
    shade = np.linspace(0.8, 1, 1200)[None, :, None]
    page = (page * shade).astype(np.uint8)
    blank = np.full(page.shape[:2], 255, np.uint8)
    cv2.circle(page, (600, 450), 20, (150, 120, 80), -1)
    surface = find_surface(page, 14)
    answer = compose(page, blank, surface, ink_tone(page, blank, surface), "keep").astype(int)
    assert np.abs(answer[450, 600] - answer[450, 700]).max() < 12
    assert answer[450, 1150, 0] - answer[450, 50, 0] > 15


def test_black_surroundings_come_back_untouched_and_never_reach_the_network(page_of) -> None:
    page = cv2.copyMakeBorder(page_of(700, 900, 14), 200, 150, 400, 250, cv2.BORDER_CONSTANT, value=(12, 10, 9))
    surface = find_surface(page, 14)
    view = network_view(luminance(page), surface)
    assert view[20, 20] > 150
    assert view[:, :300].min() > 150
    answer = compose(page, view, surface, ink_tone(page, view, surface), "keep")
    assert np.array_equal(answer[:150], page[:150])
    assert (compose(page, view, surface, ink_tone(page, view, surface), "white")[:150] == 255).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0, 128, 255])
def test_uniform_page_comes_back_uniform(value: int) -> None:
    page = np.full((300, 200, 3), value, np.uint8)
    surface = find_surface(page, 7)
    blank = np.full((300, 200), 255, np.uint8)
    answer = compose(page, blank, surface, ink_tone(page, blank, surface), "keep")
    assert np.abs(answer.astype(int) - value).max() <= 1
