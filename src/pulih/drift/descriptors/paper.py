"""Descriptors of the sheet: light, stains, bleed-through, colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.drift.descriptors.layers import Layers
from pulih.drift.descriptors.region import Plane

COARSE = 8
STAIN = 0.04
FIT_ROUNDS = 6
Surface = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


def fitted_background(layers: Layers) -> Surface:
    """Return the coarse background, the cubic surface fitted to it, and where the sheet is (an eighth of the size).

    Cells far below the surface (stains, folds) weigh little: Tukey's biweight on the residuals, one-sided.
    """
    size = (layers.grey.shape[1] // COARSE, layers.grey.shape[0] // COARSE)
    coarse = cv2.resize(layers.background, size, interpolation=cv2.INTER_AREA).astype(np.float64)
    inside = cv2.resize(layers.sheet.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.99
    y, x = np.mgrid[-1 : 1 : coarse.shape[0] * 1j, -1 : 1 : coarse.shape[1] * 1j]
    terms = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1)
    design, values = terms[inside], coarse[inside]
    weights = np.ones(len(values))
    for _ in range(FIT_ROUNDS):
        weighted = design * weights[:, None]
        # A touch of ridge: a sheet of few cells must not make the ten terms singular.
        factors = np.linalg.solve(
            weighted.T @ design + 1e-6 * len(values) * np.eye(len(terms[0, 0])), weighted.T @ values
        )
        residual = values - design @ factors
        scale = 1.4826 * np.median(np.abs(residual)) + 1e-3
        weights = np.where(residual < 0, np.clip(1 - (residual / (4.685 * scale)) ** 2, 0, 1) ** 2, 1.0)
    return coarse, terms @ factors, inside


def unevenness(surface: Surface) -> float:
    """Return the surface's range (5th to 95th percentile) in percent of its median."""
    _, fitted, inside = surface
    low, middle, high = np.percentile(fitted[inside], [5, 50, 95])
    return float(100 * (high - low) / max(middle, 0.05))


def stain_area(surface: Surface) -> float:
    """Return the share of the sheet, in percent, that is darker than the surface by more than 4 %."""
    coarse, fitted, inside = surface
    dark = inside & (coarse < (1 - STAIN) * fitted)
    # Two cells across is the least that is called a stain: gutters of one cell are what the closing left of letters.
    stains = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2)))
    return float(100 * stains.sum() / max(inside.sum(), 1))


def contrast(layers: Layers) -> float:
    """Return the darkness of the inner ink (its upper quartile, clear of the edges) in percent of the paper."""
    return float(100 * np.percentile(layers.darkness[layers.ink], 75))


def bleed_through(layers: Layers) -> float:
    """Return the strength of pale strokes between the ink, in percent of the ink's darkness.

    Fibres and noise make marks darker and lighter than the paper alike; strokes from the other side only darker.
    The difference of the mean squares of the two in the band of stroke widths (2 to 8 pixels) is what is measured.
    """
    paper = layers.paper.astype(np.float32)
    reflectance = np.asarray(layers.grey / np.maximum(layers.background, 0.05), dtype=np.float32)
    fine, coarse = (_masked_blur(reflectance, paper, sigma) for sigma in (1.5, 8.0))
    band = (coarse - fine)[layers.paper]
    if band.size < 1000:
        return float("nan")
    excess = float(np.mean(np.maximum(band, 0) ** 2) - np.mean(np.minimum(band, 0) ** 2))
    ink = float(np.median(layers.darkness[layers.ink])) if layers.has_writing else 0.5
    return 100 * float(np.sqrt(max(excess, 0.0))) / max(ink, 0.05)


def _masked_blur(plane: Plane, where: Plane, sigma: float) -> Plane:
    weight = cv2.GaussianBlur(where, (0, 0), sigma)
    return np.asarray(cv2.GaussianBlur(plane * where, (0, 0), sigma) / np.maximum(weight, 1e-3), dtype=np.float32)


def colour(layers: Layers) -> dict[str, float]:
    """Return the paper's median lightness, a*, b*, and HSV saturation in percent."""
    where = layers.paper if layers.paper.any() else layers.sheet
    lab = np.median(layers.lab[::2, ::2][where[::2, ::2]], axis=0)
    one = np.asarray(cv2.cvtColor(lab.reshape(1, 1, 3).astype(np.float32), cv2.COLOR_LAB2RGB)).ravel().clip(0, 1)
    saturation = 100 * float((one.max() - one.min()) / max(one.max(), 1e-3))
    return {
        "background_level": float(lab[0]),
        "paper_a": float(lab[1]),
        "paper_b": float(lab[2]),
        "saturation": saturation,
    }
