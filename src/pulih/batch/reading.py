"""How sure a recognizer is of a page's lines, before and after restoration."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pulih.batch.decision import Readings
from pulih.batch.lines import Box
from pulih.recognizer.infer import LineReader

GreyImage = NDArray[np.uint8]


def compare(
    reader: LineReader, before: GreyImage, after: GreyImage, boxes: Sequence[Box], most: int
) -> Readings | None:
    """Read the same lines of a grey page before and after restoration; None without a line.

    Args:
        most: lines that are read, evenly spread over the page.
    """
    if not boxes:
        return None
    step = max(1, -(-len(boxes) // most))
    chosen = boxes[::step]
    means = [float(np.mean([reader.read(box.cut(page)).confidence for box in chosen])) for page in (before, after)]
    return Readings(means[0], means[1], len(chosen))
