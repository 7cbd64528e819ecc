"""Confidence-aware restoration: where the network hesitates, the answer keeps some of the input.

A pixel in which the network is sure is nearly 0 or nearly 1, and so are ink and paper on both sides of a stroke's grey
rim. Grey without ink and paper beside it is a guess: there the input, on white paper, is blended in, so that a reader
sees the evidence. Images are 8-bit grey (H, W), 255 = paper, at the scale of the training lines.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.restorer.resample import strips

GreyImage = NDArray[np.uint8]
SPREAD = 4.0  # pixels; doubt about a stroke is doubt about its surroundings
REACH = np.ones((3, 3), np.uint8)  # a rim has its ink and its paper within a pixel
GREYNESS = np.rint(255 * 4 * np.linspace(0, 1, 256) * (1 - np.linspace(0, 1, 256))).astype(np.uint8)


def doubt(restored: GreyImage) -> GreyImage:
    """Return how little the network is sure, 0 = sure to 255 = undecided, spread out.

    It is 4 r (1 - r) of the answer r, times what the contrast among a pixel and its neighbours lacks of black on white:
    the rims of strokes are grey on every page.
    """
    contrast = cv2.subtract(cv2.dilate(restored, REACH), cv2.erode(restored, REACH))
    guessed = cv2.multiply(cv2.LUT(restored, GREYNESS), cv2.bitwise_not(contrast), scale=1 / 255)
    return np.asarray(cv2.GaussianBlur(guessed, (0, 0), SPREAD), np.uint8)


def on_white_paper(degraded: GreyImage, line_height: int) -> GreyImage:
    """Divide by the local paper tone: grey closing removes strokes, a median smooths what remains.

    Args:
        line_height: of the lines in the image, in pixels; sizes follow it, as strokes do.
    """
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(line_height / 4), _odd(line_height / 4)))
    paper = cv2.medianBlur(cv2.morphologyEx(degraded, cv2.MORPH_CLOSE, element), _odd(line_height / 3))
    return np.asarray(cv2.divide(degraded, np.maximum(paper, 1), scale=255), np.uint8)


def keep_where_unsure(restored: GreyImage, degraded: GreyImage, line_height: int, strength: float) -> GreyImage:
    """Return the restored image with the input, on white paper, where the network was not sure.

    Args:
        strength: times the doubt, at most 1, is the share of the input; 0 = the network's answer as it is.
    """
    if strength == 0:
        return restored
    kept, unsure = on_white_paper(degraded, line_height), doubt(restored)
    answer = np.empty_like(restored)
    for rows in strips(restored.shape[0]):
        share = np.minimum(unsure[rows] * np.float32(strength / 255), 1)
        answer[rows] = np.rint(restored[rows] + share * (kept[rows].astype(np.float32) - restored[rows]))
    return answer


def _odd(size: float) -> int:
    return max(3, int(size) // 2 * 2 + 1)
