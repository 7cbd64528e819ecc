import numpy as np
import pytest

from pulih.restorer.colour import find_surface, luminance, network_view
from pulih.restorer.tone import TRAINING_CONTRAST, ink_contrast, strengthened


def view_of(page: np.ndarray):
    surface = find_surface(page, 14)
    return network_view(luminance(page), surface), surface


@pytest.mark.parametrize("ink", [(60, 50, 40), (120, 105, 85), (160, 148, 125)])
def test_contrast_is_that_of_the_ink_to_its_paper(page_of, ink) -> None:
    page, surface = view_of(page_of(700, 900, 14, ink=ink))
    wanted = 1 - luminance(np.uint8([[ink]]))[0, 0] / np.median(page)
    assert ink_contrast(page, surface) == pytest.approx(wanted, abs=0.06)


def test_pale_ink_gets_the_contrast_of_the_training_and_paper_keeps_its_tone(page_of) -> None:
    page, surface = view_of(page_of(700, 900, 14, ink=(140, 128, 108)))
    found = strengthened(page, surface, ink_contrast(page, surface))
    assert ink_contrast(found, surface) == pytest.approx(TRAINING_CONTRAST, abs=0.06)
    assert abs(np.median(found) - np.median(page)) <= 2


def test_dark_ink_is_left_alone(page_of) -> None:
    page, surface = view_of(page_of(700, 900, 14, ink=(25, 20, 15)))
    assert strengthened(page, surface, ink_contrast(page, surface)) is page


def test_page_without_ink_is_left_alone() -> None:
    page, surface = view_of(np.full((600, 400, 3), (225, 210, 180), np.uint8))
    assert ink_contrast(page, surface) is None
    assert strengthened(page, surface, None) is page


def test_strips_leave_no_seam(page_of, monkeypatch) -> None:
    page, surface = view_of(page_of(700, 900, 14, ink=(140, 128, 108)))
    whole = strengthened(page, surface, 0.4)
    monkeypatch.setattr("pulih.restorer.resample.STRIP_ROWS", 37)
    assert np.abs(strengthened(page, surface, 0.4).astype(int) - whole).max() <= 1
