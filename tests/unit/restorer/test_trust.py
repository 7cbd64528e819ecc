"""Two numbers of trust: sure strokes against guessed ones, and marks that vanished."""

import cv2
import numpy as np
import pytest

from pulih.restorer.trust import measure, unsure_strokes


def writing(ink: int, paper: int = 255, blur: float = 0.8) -> np.ndarray:
    page = np.full((600, 800), paper, np.uint8)
    for base in range(60, 600, 64):
        cv2.putText(
            page, "an evening on the river", (20, base), cv2.FONT_HERSHEY_COMPLEX, 1.1, int(ink), 3, cv2.LINE_AA
        )
    return cv2.GaussianBlur(page, (0, 0), blur)


def test_black_strokes_are_sure_and_grey_ones_are_guesses() -> None:
    view = writing(60, 210)
    trust = [measure(writing(ink), writing(ink), view, 64).confidence for ink in (0, 40, 80, 127)]
    assert trust == sorted(trust, reverse=True)
    assert trust[0] > 0.9
    assert trust[-1] < 0.3


def test_sharpness_of_the_rims_does_not_count_for_doubt() -> None:
    view = writing(60, 210)
    sharp, soft = (measure(writing(0, blur=b), writing(0, blur=b), view, 64).confidence for b in (0.3, 1.2))
    assert soft == pytest.approx(sharp, abs=0.1)


def test_erased_is_the_share_of_marks_that_the_answer_lacks() -> None:
    view, answer = writing(60, 210), writing(0)
    assert measure(answer, answer, view, 64).erased < 0.02
    half = answer.copy()
    half[300:] = 255
    assert measure(half, half, view, 64).erased == pytest.approx(0.5, abs=0.1)


def test_a_wide_stain_that_goes_is_no_loss() -> None:
    view, answer = writing(60, 210), writing(0)
    cv2.circle(view, (400, 300), 0, 210, 1)
    cv2.circle(view, (700, 500), 80, 90, -1)
    assert measure(answer, answer, view, 64).erased < 0.1


def test_blank_paper_gives_no_numbers() -> None:
    blank = np.full((600, 800), 240, np.uint8)
    trust = measure(blank, blank, blank, 64)
    assert trust.confidence is None
    assert trust.erased is None


def test_guesses_are_marked_over_their_strokes_and_sure_strokes_are_not() -> None:
    sure, guess = unsure_strokes(writing(ink=0)), unsure_strokes(writing(ink=128))
    strokes = writing(ink=0) < 100
    assert np.median(guess[strokes]) > 200
    assert np.median(sure[strokes]) < 20
    assert np.mean(guess[cv2.dilate(strokes.astype(np.uint8), np.ones((15, 15))) == 0]) == 0
