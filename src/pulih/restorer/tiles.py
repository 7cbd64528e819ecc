"""A whole page through a network by overlapping tiles, blended so that no seam shows."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MULTIPLE = 32  # the network's strides need sides that it divides
Plane = NDArray[np.float32]
Network = Callable[[Plane], Plane]


def padded(side: int) -> int:
    """Return the smallest multiple of ``MULTIPLE`` that holds ``side``."""
    return -(-side // MULTIPLE) * MULTIPLE


def starts(length: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin so that they cover ``length``, neighbours sharing at least ``overlap`` pixels."""
    if length <= tile:
        return [0]
    count = -(-(length - overlap) // (tile - overlap))
    return [round(index * (length - tile) / (count - 1)) for index in range(count)]


def weights(length: int, tile: int, overlap: int) -> list[NDArray[np.float32]]:
    """Return each tile's blending weights along one axis; at every pixel they sum to one.

    A tile's outermost quarter of the overlap, where the network lacks context, has no say where a neighbour has one;
    from there its weight rises linearly.
    """
    positions = starts(length, tile, overlap)
    guard = overlap // 4
    ramp = np.clip((np.arange(tile) + 0.5 - guard) / max(overlap - 2 * guard, 1), 1e-6, 1.0)
    raw = []
    for start in positions:
        rising = np.ones(tile) if start == 0 else ramp
        falling = np.ones(tile) if start == positions[-1] else ramp[::-1]
        raw.append(rising * falling)
    total = np.zeros(max(length, tile))
    for start, weight in zip(positions, raw, strict=True):
        total[start : start + tile] += weight
    return [(w / total[s : s + tile]).astype(np.float32) for s, w in zip(positions, raw, strict=True)]


def run_tiled(image: NDArray[np.uint8], network: Network, tile: int = 768, overlap: int = 96) -> NDArray[np.uint8]:
    """Apply ``network`` to an 8-bit grey image (H, W) of any size and return its 8-bit answer of the same size.

    Args:
        network: maps float32 (1, 1, h, w) in [0, 1], sides multiples of 32, to the same shape and range.
        tile: side of a tile, a multiple of 32; it bounds the memory of the network.
        overlap: pixels that neighbouring tiles share; more than the network's receptive field leaves no trace of them.
    """
    height, width = image.shape
    tall, wide = min(tile, padded(height)), min(tile, padded(width))
    whole = np.pad(image, ((0, max(0, tall - height)), (0, max(0, wide - width))), mode="symmetric")
    rows, columns = weights(height, tall, overlap), weights(width, wide, overlap)
    answer: NDArray[Any] = np.zeros(whole.shape, np.float32)
    for top, vertical in zip(starts(height, tall, overlap), rows, strict=True):
        for left, horizontal in zip(starts(width, wide, overlap), columns, strict=True):
            part = np.asarray(whole[top : top + tall, left : left + wide], np.float32) / np.float32(255)
            restored = network(part[None, None])[0, 0]
            answer[top : top + tall, left : left + wide] += restored * vertical[:, None] * horizontal[None, :]
    return to_bytes(answer[:height, :width])


def to_bytes(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values in [0, 1] as 8-bit values, rounded, what lies outside cut."""
    scaled = plane * 255
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 255, out=scaled)
    return np.asarray(scaled, np.uint8)
