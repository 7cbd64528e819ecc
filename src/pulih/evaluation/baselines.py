"""What a restorer has to beat: methods without learning. Images are 8-bit grey (H, W), 255 = paper, 0 = ink."""

import cv2
import doxapy
import numpy as np

from pulih.data.lines import GreyImage


def white_page(degraded: GreyImage) -> GreyImage:
    """Return blank paper: the answer that a pixel loss alone tends to collapse to."""
    return np.full_like(degraded, 255)


def background_division(degraded: GreyImage) -> GreyImage:
    """Divide by the local paper tone: grey closing removes strokes, a median smooths what remains.

    Its sizes follow the line height, as strokes do.
    """
    height = degraded.shape[0]
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(height / 4), _odd(height / 4)))
    paper = cv2.medianBlur(cv2.morphologyEx(degraded, cv2.MORPH_CLOSE, element), _odd(height / 3))
    return np.asarray(cv2.divide(degraded, np.maximum(paper, 1), scale=255), dtype=np.uint8)


def sauvola(degraded: GreyImage, window: int, k: float) -> GreyImage:
    """Threshold by Sauvola and Pietikäinen (Pattern Recognition 33, 2000): ink becomes 0, paper 255."""
    return _binarized(degraded, "SAUVOLA", window // 2, {"window": window, "k": k})


def wolf(degraded: GreyImage, window: int, k: float) -> GreyImage:
    """Threshold by Wolf and Jolion (Pattern Analysis and Applications 6, 2004): ink becomes 0, paper 255."""
    return _binarized(degraded, "WOLF", window // 2, {"window": window, "k": k})


def otsu(degraded: GreyImage) -> GreyImage:
    """Threshold the whole line by Otsu (IEEE SMC 9, 1979): ink becomes 0, paper 255."""
    return _binarized(degraded, "OTSU", 0, {})


def _binarized(degraded: GreyImage, algorithm: str, margin: int, parameters: dict[str, float]) -> GreyImage:
    # doxapy 0.9.2 writes outside of its memory when the window is more than twice as wide as the image.
    framed = np.pad(degraded, margin, mode="reflect") if margin else degraded
    out = np.empty_like(framed)
    binarization = doxapy.Binarization(getattr(doxapy.Binarization.Algorithms, algorithm))
    binarization.initialize(framed)
    binarization.to_binary(out, parameters)
    height, width = degraded.shape
    return np.ascontiguousarray(out[margin : margin + height, margin : margin + width])


def _odd(size: float) -> int:
    return max(3, int(size) // 2 * 2 + 1)
