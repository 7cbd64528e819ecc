"""Tiles cover everything once, and blending leaves no seam."""

import itertools

import cv2
import numpy as np
import pytest

from pulih.restorer.tiles import MULTIPLE, OVERLAP, Plane, run_tiled, starts, tile_side, weights


def blur(plane: Plane) -> Plane:
    return cv2.blur(plane[0, 0], (15, 15), borderType=cv2.BORDER_REFLECT)[None, None]


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width)).astype(np.uint8)


@pytest.mark.parametrize("length", [32, 256, 288, 320, 480, 1024, 3200])
def test_tiles_cover_the_length_and_weights_sum_to_one(length: int) -> None:
    tile = tile_side(length, 256)
    total = np.zeros(max(length, tile))
    for start, weight in zip(starts(length, tile), weights(length, tile), strict=True):
        total[start : start + tile] += weight
    assert np.allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize("length", [500, 1430, 1950, 7016])
def test_tiles_lie_on_the_networks_grid_overlap_enough_and_waste_little(length: int) -> None:
    tile = tile_side(length, 1024)
    positions = starts(-(-length // MULTIPLE) * MULTIPLE, tile)
    assert tile <= 1024
    assert all(position % MULTIPLE == 0 for position in [tile, *positions])
    assert all(after - before <= tile - OVERLAP + MULTIPLE for before, after in itertools.pairwise(positions))
    assert len(positions) * tile < 1.25 * length + 64


@pytest.mark.parametrize("shape", [(1, 1), (64, 70), (64, 513), (300, 257), (129, 1000)])
def test_identity_network_returns_every_pixel(shape: tuple[int, int]) -> None:
    image = noise(*shape)
    assert np.array_equal(run_tiled(image, lambda plane: plane, largest=256), image)


def test_tiled_filter_equals_the_filter_on_the_whole_image() -> None:
    image = noise(700, 900)
    whole = cv2.blur(image.astype(np.float32), (15, 15), borderType=cv2.BORDER_REFLECT)
    difference = np.abs(run_tiled(image, blur, largest=256) - whole)
    assert difference[:-8, :-8].max() <= 0.51


def test_network_with_strides_gets_the_same_grid_in_every_tile() -> None:
    def mosaic(plane: Plane) -> Plane:
        small = plane[0, 0].reshape(plane.shape[2] // 32, 32, -1, 32).mean(axis=(1, 3))
        return np.kron(small, np.ones((32, 32), np.float32))[None, None]

    image = noise(640, 960)
    whole = mosaic(image[None, None].astype(np.float32))[0, 0]
    assert np.abs(run_tiled(image, mosaic, largest=256) - whole).max() <= 0.51


def test_no_seam_where_tiles_disagree() -> None:
    means: list[float] = []

    def biased(plane: Plane) -> Plane:
        means.append(0.3 + 0.4 * (len(means) % 2))
        return np.full_like(plane, means[-1])

    tiled = run_tiled(np.zeros((128, 900), np.uint8), biased, largest=256)
    assert len(means) > 4
    assert np.ptp(tiled) > 50
    assert np.abs(np.diff(tiled.astype(int), axis=1)).max() <= 6


def test_network_only_sees_tiles_of_one_bounded_shape() -> None:
    shapes = set()

    def spy(plane: Plane) -> Plane:
        shapes.add(plane.shape)
        return plane

    run_tiled(noise(1000, 333), spy, largest=256)
    [shape] = shapes
    assert max(shape) <= 256


def test_values_outside_the_range_are_cut() -> None:
    assert run_tiled(np.full((32, 32), 250, np.uint8), lambda plane: plane * 3 - 0.5).max() == 255
    assert run_tiled(np.zeros((32, 32), np.uint8), lambda plane: plane - 0.5).max() == 0


def test_progress_counts_every_tile_and_may_end_the_work() -> None:
    told: list[tuple[int, int]] = []
    run_tiled(noise(600, 300), lambda plane: plane, largest=256, progress=lambda done, of: told.append((done, of)))
    assert len(told) > 4
    assert told == [(number, len(told)) for number in range(1, len(told) + 1)]

    def stop(done: int, of: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_tiled(noise(600, 300), lambda plane: plane, largest=256, progress=stop)
