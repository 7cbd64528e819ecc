"""How like two line images are. Images are 8-bit grey (H, W), 255 = paper, 0 = ink."""

import numpy as np
from skimage.metrics import mean_squared_error, structural_similarity

from pulih.common.errors import InputError
from pulih.data.lines import GreyImage

DATA_RANGE = 255
# Equal images have an infinite PSNR, which no mean survives; a line that differs in one grey level stays below this.
IDENTICAL_DB = 100.0


def psnr(clean: GreyImage, image: GreyImage) -> float:
    """Return the peak signal-to-noise ratio in dB: 10 log10(255² / MSE), ``IDENTICAL_DB`` for equal images.

    Raises:
        InputError: the images differ in shape or are not 8-bit.
    """
    _require_alike(clean, image)
    error = float(mean_squared_error(clean, image))
    return min(IDENTICAL_DB, 10 * np.log10(DATA_RANGE**2 / error)) if error else IDENTICAL_DB


def ssim(clean: GreyImage, image: GreyImage) -> float:
    """Return the structural similarity in [-1, 1] with the 11 x 11 Gaussian window of Wang et al. (TIP 2004).

    Raises:
        InputError: the images differ in shape, are not 8-bit, or are smaller than the window.
    """
    _require_alike(clean, image)
    if min(clean.shape) < 11:
        raise InputError("lines of at least 11 x 11 pixels", f"one of shape {clean.shape}", "Use taller lines.")
    if np.array_equal(clean, image):
        return 1.0
    value = structural_similarity(
        clean, image, data_range=DATA_RANGE, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(value)


def _require_alike(clean: GreyImage, image: GreyImage) -> None:
    found = [f"{array.dtype} {array.shape}" for array in (clean, image)]
    if clean.dtype != np.uint8 or found[0] != found[1]:
        raise InputError(
            "two 8-bit images of one shape", " and ".join(found), "Compare a line with its own clean line."
        )
