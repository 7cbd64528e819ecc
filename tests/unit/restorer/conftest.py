"""Pages drawn for the page path: known letters, known paper."""

import cv2
import numpy as np
import pytest


def draw_page(height: int, width: int, x_height: float, paper=(225, 210, 180), ink=(95, 60, 30)) -> np.ndarray:
    """Draw lines of Hershey script; its small letters are 14 units high at size 1 (21 for capitals)."""
    page = np.empty((height, width, 3), np.uint8)
    page[:] = paper
    size = x_height / 14
    pitch = int(4 * x_height)
    words = "an evening on the river near the warehouse we saw many a sail come in"
    for row, base in enumerate(range(2 * pitch, height - pitch, pitch)):
        text = words[row % 20 :] + " " + words
        cv2.putText(
            page, text, (pitch, base), cv2.FONT_HERSHEY_COMPLEX, size, ink, max(1, round(2 * size)), cv2.LINE_AA
        )
    page[:, -pitch:] = paper
    return page


@pytest.fixture(scope="session")
def page_of():
    return draw_page
