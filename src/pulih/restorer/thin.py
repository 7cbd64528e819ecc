"""Strokes thinner than a pixel of the normalised scale: their coverage is grey, a reader wants them as dark as others.

A hairline that covers half of each pixel it crosses is half grey in an image averaged over its pixels. In a scan it is
as wide as the optics make it, and ground truths of binarization have it black. Images are 8-bit grey (H, W), 255 =
paper, at the scale of the training lines.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.restorer.trust import CORE

GreyImage = NDArray[np.uint8]
MOST = 3.0  # times the ink that was there
FAINTEST = 64  # of 255: paler cores are no strokes, but what is left of a stain


def thin_deepened(image: GreyImage) -> GreyImage:
    """Return the image with its thin strokes as dark as full ink in their cores; broad ones and grey areas stay."""
    ink = cv2.bitwise_not(image)
    core = cv2.dilate(ink, CORE)
    full = cv2.min(cv2.divide(ink, core, scale=255), cv2.convertScaleAbs(ink, alpha=MOST))
    deep = np.where(core >= FAINTEST, full, ink)
    # Opening keeps what is as broad as a core's neighbourhood: its share of the ink stays as it is.
    broad = cv2.divide(cv2.morphologyEx(ink, cv2.MORPH_OPEN, CORE), ink, scale=255)
    return np.asarray(cv2.bitwise_not(deep - cv2.multiply(broad, deep - ink, scale=1 / 255)), np.uint8)
