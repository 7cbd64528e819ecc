"""A whole page through a network by overlapping tiles, blended so that no seam shows."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MULTIPLE = 32  # the network's strides need sides that it divides
OVERLAP = 128  # pixels that neighbouring tiles share at least
GUARD = 48  # reach of the networks of the shipped profiles
Plane = NDArray[np.float32]
Network = Callable[[Plane], Plane]
Progress = Callable[[int, int], None]


def padded(side: int) -> int:
    """Return the smallest multiple of ``MULTIPLE`` that holds ``side``."""
    return -(-side // MULTIPLE) * MULTIPLE


def tile_side(length: int, largest: int) -> int:
    """Return the side of equal tiles, at most ``largest``, that cover ``length`` with the least waste."""
    count = max(1, -(-(length - OVERLAP) // (largest - OVERLAP)))
    return padded(-(-(length + (count - 1) * OVERLAP) // count))


def starts(length: int, tile: int) -> list[int]:
    """Return where the tiles begin that cover ``length``; all sides and starts are multiples of ``MULTIPLE``.

    On another grid the network's strides would fall on other pixels, and neighbours would disagree.
    """
    if length <= tile:
        return [0]
    gaps = -(-(length - tile) // (tile - OVERLAP))
    return [round(index * (length - tile) / gaps / MULTIPLE) * MULTIPLE for index in range(gaps + 1)]


def weights(length: int, tile: int) -> list[NDArray[np.float32]]:
    """Return each tile's blending weights along one axis; at every pixel they sum to one.

    The outermost ``GUARD`` pixels of a tile, where the network lacks context, have no say where a neighbour has one;
    from there the weight rises linearly.
    """
    positions = starts(length, tile)
    ramp = np.clip((np.arange(tile) + 0.5 - GUARD) / (OVERLAP - 2 * GUARD), 1e-6, 1.0)
    raw = []
    for start in positions:
        rising = np.ones(tile) if start == 0 else ramp
        falling = np.ones(tile) if start == positions[-1] else ramp[::-1]
        raw.append(rising * falling)
    total = np.zeros(max(length, tile))
    for start, weight in zip(positions, raw, strict=True):
        total[start : start + tile] += weight
    return [(w / total[s : s + tile]).astype(np.float32) for s, w in zip(positions, raw, strict=True)]


def run_tiled(
    image: NDArray[np.uint8], network: Network, largest: int = 1024, progress: Progress | None = None
) -> NDArray[np.uint8]:
    """Apply ``network`` to an 8-bit grey image (H, W) of any size and return its 8-bit answer of the same size.

    Args:
        network: maps float32 (1, 1, h, w) in [0, 1], sides multiples of 32, to the same shape and range.
        largest: side of a tile at most, a multiple of 32; it bounds the memory of the network.
        progress: is told after every tile how many are done, of how many; what it raises ends the work.
    """
    height, width = image.shape
    tall, wide = tile_side(height, largest), tile_side(width, largest)
    full = max(padded(height), tall), max(padded(width), wide)
    whole = np.pad(image, ((0, full[0] - height), (0, full[1] - width)), mode="symmetric")
    rows, columns = weights(full[0], tall), weights(full[1], wide)
    answer: NDArray[Any] = np.zeros(full, np.float32)
    done, count = 0, len(rows) * len(columns)
    for top, vertical in zip(starts(full[0], tall), rows, strict=True):
        for left, horizontal in zip(starts(full[1], wide), columns, strict=True):
            part = np.asarray(whole[top : top + tall, left : left + wide], np.float32) / np.float32(255)
            restored = network(part[None, None])[0, 0]
            answer[top : top + tall, left : left + wide] += restored * vertical[:, None] * horizontal[None, :]
            done += 1
            if progress is not None:
                progress(done, count)
    return to_bytes(answer[:height, :width])


def to_bytes(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values in [0, 1] as 8-bit values, rounded, what lies outside cut."""
    scaled = plane * 255
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 255, out=scaled)
    return np.asarray(scaled, np.uint8)
