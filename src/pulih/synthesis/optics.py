"""The camera: blur, noise and JPEG on the finished picture, uint8 (H, W) or (H, W, 3)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.synthesis.paper import Drawn

Picture = NDArray[np.uint8]


def blur(picture: Picture, unit: float, strength: float, random: np.random.Generator) -> tuple[Picture, Drawn]:
    """Defocus the picture, a little more in one direction than in the other."""
    sigma = unit * (0.25 + strength * random.uniform(0.2, 1.0))
    ratio = random.uniform(0.7, 1.4)
    blurred = cv2.GaussianBlur(picture, (0, 0), sigmaX=sigma * ratio, sigmaY=sigma / ratio)
    return np.asarray(blurred, dtype=np.uint8), {"sigma": sigma, "ratio": ratio}


def noise(picture: Picture, unit: float, strength: float, random: np.random.Generator) -> tuple[Picture, Drawn]:
    """Add the sensor's noise; equal in all channels, as after a raw converter's colour noise filter."""
    sigma = 1.0 + 13 * strength * random.uniform(0.2, 1.0)
    grain = random.standard_normal(picture.shape[:2], dtype=np.float32) * np.float32(sigma)
    if random.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6 * unit) * np.float32(1.6)
    noisy = picture + (grain if picture.ndim == 2 else grain[..., None])
    return np.clip(noisy, 0, 255).astype(np.uint8), {"sigma": sigma}


def jpeg(picture: Picture, unit: float, strength: float, random: np.random.Generator) -> tuple[Picture, Drawn]:
    """Compress the picture and read it back."""
    quality = round(92 - 62 * strength * random.uniform(0.3, 1.0))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    flag = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, flag), dtype=np.uint8), {"quality": float(quality)}
