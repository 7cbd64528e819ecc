"""Random changes of a training line: the recognizer shall read what a pen, a scanner and a restorer may do to it."""

import cv2
import numpy as np

from pulih.data.lines import GreyImage, LineSample
from pulih.recognizer.config import Augmentation


def training_image(sample: LineSample, config: Augmentation, random: np.random.Generator) -> GreyImage:
    """Return one of the many images of ``sample`` to learn from: 8-bit grey, 255 = paper, never narrower than it."""
    image = sample.clean
    if random.random() < config.degraded_share:
        image = mildly_degraded(sample, config.max_severity)
    image = distort(image, config, random)
    if random.random() < config.blur:
        image = np.asarray(cv2.GaussianBlur(image, (3, 3), random.uniform(0.3, 1.0)))
    return fade(image, config.tone, random)


def mildly_degraded(sample: LineSample, max_severity: float) -> GreyImage:
    """Return the degraded line, blended with its clean line when it is more severe than ``max_severity``."""
    severity = float(sample.meta["severity"])
    if severity <= max_severity:
        return sample.degraded
    share = max_severity / severity
    return np.asarray(cv2.addWeighted(sample.degraded, share, sample.clean, 1 - share, 0))


def distort(image: GreyImage, config: Augmentation, random: np.random.Generator) -> GreyImage:
    """Scale, shear and shift ``image`` about its middle row; what comes in from outside has the paper's tone."""
    height, width = image.shape
    scale_x, scale_y = random.uniform(1 - config.scale, 1 + config.scale, 2)
    shear = random.uniform(-config.shear, config.shear)
    shift = random.uniform(-config.shift, config.shift) * height
    lean = abs(shear) * height / 2
    matrix = np.array(
        [[scale_x, -shear, lean + shear * height / 2], [0, scale_y, shift + height * (1 - scale_y) / 2]],
        dtype=np.float32,
    )
    # A line that became narrower keeps its width, so that its text still fits its columns.
    grown = max(width, round(width * scale_x + 2 * lean))
    paper = int(np.median(image[::4, ::4]))
    return np.asarray(cv2.warpAffine(image, matrix, (grown, height), flags=cv2.INTER_LINEAR, borderValue=paper))


def fade(image: GreyImage, tone: float, random: np.random.Generator) -> GreyImage:
    """Reduce the contrast by up to ``tone``, towards white or towards grey."""
    gain = 1 - random.uniform(0, tone)
    offset = random.uniform(0.5, 1) * 255 * (1 - gain)
    return np.asarray(cv2.convertScaleAbs(image, alpha=gain, beta=offset))
