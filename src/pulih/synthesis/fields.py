"""Smooth random fields: small random grids, enlarged. Far cheaper than filtering noise of full size."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Number = TypeVar("Number", bound=np.generic)


def uniform_field(random: np.random.Generator, shape: tuple[int, int], cell: float) -> Field:
    """Return a smooth field of ``shape`` with values in [0, 1] that varies over about ``cell`` pixels."""
    return enlarge(random.random(grid_shape(shape, cell), dtype=np.float32), shape)


def normal_field(random: np.random.Generator, shape: tuple[int, int], cell: float | tuple[float, float]) -> Field:
    """Return a smooth field of ``shape`` with mean 0 and deviation near 1 that varies over ``cell`` (down, across)."""
    return enlarge(random.standard_normal(grid_shape(shape, cell), dtype=np.float32), shape)


def fractal_field(random: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 3) -> Field:
    """Return a sum of fields, each half as coarse and half as strong as the last, deviation about 1."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        grid = random.standard_normal(grid_shape(shape, max(1.0, cell / 2**octave)), dtype=np.float32)
        # Cubic: the kinks of a linear enlargement would show in the outlines of stains.
        total += enlarge(grid, shape, cv2.INTER_CUBIC) * np.float32(0.5**octave)
    return total / np.float32(np.sqrt(sum(0.25**octave for octave in range(octaves))) * 0.75)


def grid_shape(shape: tuple[int, ...], cell: float | tuple[float, float]) -> tuple[int, int]:
    """Return the size of the grid whose points lie about ``cell`` pixels apart (down, across) in ``shape``."""
    down, across = cell if isinstance(cell, tuple) else (cell, cell)
    return max(2, round(shape[0] / down) + 1), max(2, round(shape[1] / across) + 1)


def enlarge(grid: NDArray[Number], shape: tuple[int, ...], interpolation: int = cv2.INTER_LINEAR) -> NDArray[Number]:
    """Return ``grid`` (h, w) or (h, w, C) interpolated to height and width ``shape``."""
    enlarged: NDArray[Number] = cv2.resize(grid, (shape[1], shape[0]), interpolation=interpolation)
    return enlarged
