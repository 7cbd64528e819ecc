"""A crop becomes a line as recognizers were trained on, in size and tone."""

import cv2
import numpy as np
import pytest

from pulih.recognizer.view import reader_view


@pytest.mark.parametrize("height", [31, 64, 80, 81, 200])
def test_a_crop_of_any_height_becomes_a_line_of_the_readers_height_in_proportion(height: int) -> None:
    view = reader_view(np.full((height, 3 * height), 90, np.uint8), 64, 255)
    assert view.shape[0] == 64
    assert abs(view.shape[1] - 192) <= 1


def test_paper_comes_to_the_tone_asked_for_and_ink_keeps_its_share_of_it() -> None:
    crop = np.full((64, 100), 200, np.uint8)
    crop[20:30, :40] = 100
    assert np.unique(reader_view(crop, 64, 240)).tolist() == [120, 240]


def test_an_answer_that_is_white_already_is_left_as_it_is() -> None:
    crop = np.full((64, 100), 255, np.uint8)
    cv2.putText(crop, "oui", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2, cv2.LINE_AA)
    assert np.array_equal(reader_view(crop, 64, 255), crop)
