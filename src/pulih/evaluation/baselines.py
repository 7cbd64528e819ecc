"""What a restorer has to beat: methods without learning. Images are 8-bit grey (H, W), 255 = paper, 0 = ink."""

from typing import Any

import cv2
import doxapy
import numpy as np

from pulih.data.lines import GreyImage
from pulih.restorer.confidence import on_white_paper


def white_page(degraded: GreyImage) -> GreyImage:
    """Return blank paper: the answer that a pixel loss alone tends to collapse to."""
    return np.full_like(degraded, 255)


def background_division(degraded: GreyImage, line_height: int | None = None) -> GreyImage:
    """Divide by the local paper tone: grey closing removes strokes, a median smooths what remains.

    Its sizes follow the line height in pixels (by default the image is one line), as strokes do.
    """
    return on_white_paper(degraded, line_height or degraded.shape[0])


def sauvola(degraded: GreyImage, window: int, k: float) -> GreyImage:
    """Threshold by Sauvola and Pietikäinen (Pattern Recognition 33, 2000): ink becomes 0, paper 255."""
    return _thresholded(doxapy.Binarization.Algorithms.SAUVOLA, degraded, window, k)


def wolf(degraded: GreyImage, window: int, k: float) -> GreyImage:
    """Threshold by Wolf and Jolion (Pattern Analysis and Applications 6, 2003): ink becomes 0, paper 255."""
    return _thresholded(doxapy.Binarization.Algorithms.WOLF, degraded, window, k)


def otsu(image: GreyImage) -> GreyImage:
    """Threshold at Otsu's level of the whole image (IEEE Transactions SMC 9, 1979): ink becomes 0, paper 255."""
    return np.asarray(cv2.threshold(image, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1], np.uint8)


def _thresholded(algorithm: Any, degraded: GreyImage, window: int, k: float) -> GreyImage:
    # doxapy 0.9.2 writes outside of its memory when the window is more than twice as wide as the image.
    margin = window // 2
    framed = np.pad(degraded, margin, mode="reflect")
    out = np.empty_like(framed)
    binarization = doxapy.Binarization(algorithm)
    binarization.initialize(framed)
    binarization.to_binary(out, {"window": window, "k": k})
    return np.ascontiguousarray(out[margin:-margin, margin:-margin])
