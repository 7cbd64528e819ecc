import cv2
import numpy as np
import pytest

from pulih.restorer.confidence import doubt, keep_where_unsure, on_white_paper

RANDOM = np.random.default_rng(4)
SURE = np.where(RANDOM.random((64, 200)) < 0.2, 0, 255).astype(np.uint8)


def scan() -> np.ndarray:
    page = np.full((64, 200), 180, np.uint8)
    cv2.putText(page, "Batavia", (10, 42), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.2, 60, 2)
    return page


def test_a_sure_answer_is_not_touched() -> None:
    assert np.array_equal(keep_where_unsure(SURE, scan(), 64, 1.0), SURE)


def test_an_undecided_answer_becomes_the_input_on_white_paper() -> None:
    undecided = np.full((64, 200), 128, np.uint8)
    answer = keep_where_unsure(undecided, scan(), 64, 1.0)
    assert np.abs(answer.astype(int) - on_white_paper(scan(), 64)).max() <= 1


def test_strength_zero_keeps_nothing_of_the_input() -> None:
    undecided = np.full((64, 200), 128, np.uint8)
    assert keep_where_unsure(undecided, scan(), 64, 0.0) is undecided


def test_doubt_is_4_r_times_1_minus_r() -> None:
    for level, wanted in ((0, 0), (255, 0), (64, 4 * 64 / 255 * (1 - 64 / 255))):
        found = doubt(np.full((32, 32), level, np.uint8))
        assert found == pytest.approx(np.full((32, 32), 255 * wanted), abs=1)


def test_doubt_spreads_around_a_grey_stroke_and_no_further() -> None:
    line = np.full((64, 200), 255, np.uint8)
    line[:, 100] = 128
    found = doubt(line)
    assert found[30, 100] > found[30, 104] > 0
    assert found[30, 120] == 0


def test_the_grey_rim_of_a_black_stroke_is_no_doubt() -> None:
    line = np.full((64, 200), 255, np.uint8)
    line[:, 99], line[:, 100:104], line[:, 104] = 128, 0, 128
    assert doubt(line).max() == 0
    line[:, 100:104] = 110
    assert doubt(line).max() > 60


def test_strips_leave_no_seam(monkeypatch) -> None:
    restored = RANDOM.integers(0, 256, (64, 200)).astype(np.uint8)
    whole = keep_where_unsure(restored, scan(), 64, 0.7)
    monkeypatch.setattr("pulih.restorer.resample.STRIP_ROWS", 7)
    assert np.array_equal(keep_where_unsure(restored, scan(), 64, 0.7), whole)
