"""How a crop of a page looks to a recognizer."""

import cv2
import numpy as np
from numpy.typing import NDArray

GreyImage = NDArray[np.uint8]


def reader_view(crop: GreyImage, height: int, paper_tone: int = 255) -> GreyImage:
    """Return a grey crop (h, w) as a recognizer expects a line: ``height`` pixels high, its paper at ``paper_tone``.

    One gain for the whole crop brings the median, which is paper in a line of handwriting, to the tone: nothing local
    is corrected, for that would be a restoration.
    """
    width = max(1, round(crop.shape[1] * height / crop.shape[0]))
    method = cv2.INTER_AREA if crop.shape[0] > height else cv2.INTER_CUBIC
    scaled = crop if crop.shape[0] == height else cv2.resize(crop, (width, height), interpolation=method)
    gain = paper_tone / max(float(np.median(scaled)), 1.0)
    return np.asarray(cv2.convertScaleAbs(scaled, alpha=gain, beta=0), np.uint8)
