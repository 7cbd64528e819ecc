"""Smooth random fields: small random grids, enlarged. Far cheaper than filtering noise of full size."""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def uniform_field(random: np.random.Generator, shape: tuple[int, int], cell: float) -> Field:
    """Return a smooth field of ``shape`` with values in [0, 1] that varies over about ``cell`` pixels."""
    return _enlarge(random.random(_grid(shape, cell), dtype=np.float32), shape)


def normal_field(random: np.random.Generator, shape: tuple[int, int], cell: float) -> Field:
    """Return a smooth field of ``shape`` with mean 0 and deviation about 1 that varies over ``cell`` pixels."""
    return _enlarge(random.standard_normal(_grid(shape, cell), dtype=np.float32), shape)


def fractal_field(random: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 3) -> Field:
    """Return a sum of fields, each half as coarse and half as strong as the last, deviation about 1."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        grid = random.standard_normal(_grid(shape, max(1.0, cell / 2**octave)), dtype=np.float32)
        # Cubic: the kinks of a linear enlargement would show in the outlines of stains.
        total += _enlarge(grid, shape, cv2.INTER_CUBIC) * np.float32(0.5**octave)
    return total / np.float32(np.sqrt(sum(0.25**octave for octave in range(octaves))) * 0.75)


def _grid(shape: tuple[int, int], cell: float) -> tuple[int, int]:
    return max(2, round(shape[0] / cell) + 1), max(2, round(shape[1] / cell) + 1)


def _enlarge(grid: Field, shape: tuple[int, int], interpolation: int = cv2.INTER_LINEAR) -> Field:
    enlarged: Field = cv2.resize(grid, (shape[1], shape[0]), interpolation=interpolation)
    return enlarged
