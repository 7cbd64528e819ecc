"""Images at other sizes, large ones a strip of rows at a time."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

GreyImage = NDArray[np.uint8]
Field = NDArray[np.float32]
STRIP_ROWS = 256
GUIDED_BELOW = 0.8  # nearer to full size, interpolation loses nothing that the eye finds
GUIDE_WINDOW = (3, 3)
GUIDE_NOISE = 1e-4  # variance below which the guide is taken as flat, in [0, 1] squared


def resized(image: GreyImage, factor: float) -> GreyImage:
    """Scale an 8-bit image (H, W) or (H, W, 3) by ``factor``, at least to one pixel."""
    if factor == 1.0:
        return image
    height, width = (max(1, round(side * factor)) for side in image.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)


def fitted(image: GreyImage, shape: tuple[int, ...]) -> GreyImage:
    """Scale an 8-bit image to exactly the (H, W) that ``shape`` begins with."""
    if image.shape[:2] == shape[:2]:
        return image
    method = cv2.INTER_AREA if image.shape[0] > shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (shape[1], shape[0]), interpolation=method), np.uint8)


def strips(height: int) -> list[slice]:
    """Return row ranges of at most ``STRIP_ROWS`` that cover ``height``."""
    return [slice(top, min(top + STRIP_ROWS, height)) for top in range(0, height, STRIP_ROWS)]


def enlarged_rows(field: Field, shape: tuple[int, ...], rows: slice) -> Field:
    """Return the rows ``rows`` of ``field`` enlarged bilinearly to ``shape``, without making the other rows."""
    last = field.shape[0] - 1
    position = np.clip((np.arange(rows.start, rows.stop) + 0.5) * field.shape[0] / shape[0] - 0.5, 0, last)
    above = position.astype(int)
    first = int(above[0])
    near = cv2.resize(field[first : above[-1] + 2], (shape[1], min(above[-1] + 2, last + 1) - first))
    share = (position - above).reshape(-1, *[1] * (near.ndim - 1)).astype(np.float32)
    below = np.minimum(above + 1, last)
    return np.asarray(near[above - first] * (1 - share) + near[below - first] * share, np.float32)


def back_to_full_size(restored: GreyImage, seen: GreyImage, full: GreyImage) -> GreyImage:
    """Bring what the network made of ``seen``, a reduced ``full``, to the size of ``full`` with its fine detail.

    Locally the answer is taken as a linear function of the page (fast guided filter, He and Sun 2015,
    arXiv:1505.00996), fitted where the network worked and applied to the page as it was scanned, so that strokes are
    as sharp as in the scan. All images are 8-bit grey.
    """
    if seen.shape[0] > GUIDED_BELOW * full.shape[0]:
        return fitted(restored, full.shape)
    guide, answer = seen.astype(np.float32) / 255, restored.astype(np.float32) / 255
    guide_mean, answer_mean = _mean(guide), _mean(answer)
    variance = _mean(guide * guide) - guide_mean**2
    slope = (_mean(guide * answer) - guide_mean * answer_mean) / (variance + GUIDE_NOISE)
    offset = answer_mean - slope * guide_mean
    line = np.dstack([_mean(slope), _mean(offset)])
    result = np.empty_like(full)
    for rows in strips(full.shape[0]):
        near = enlarged_rows(line, full.shape, rows)
        value = near[:, :, 0] * full[rows] + near[:, :, 1] * 255
        result[rows] = np.clip(np.rint(value), 0, 255)
    return result


def _mean(plane: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.blur(plane, GUIDE_WINDOW))
