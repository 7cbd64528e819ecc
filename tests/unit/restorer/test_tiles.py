"""Tiles cover everything once, and blending leaves no seam."""

import cv2
import numpy as np
import pytest

from pulih.restorer.tiles import Plane, run_tiled, starts, weights


def blur(plane: Plane) -> Plane:
    return cv2.blur(plane[0, 0], (15, 15), borderType=cv2.BORDER_REFLECT)[None, None]


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width)).astype(np.uint8)


@pytest.mark.parametrize("length", [1, 96, 97, 160, 161, 500, 1001])
def test_tiles_cover_the_length_and_weights_sum_to_one(length: int) -> None:
    total = np.zeros(max(length, 96))
    for start, weight in zip(starts(length, 96, 32), weights(length, 96, 32), strict=True):
        total[start : start + 96] += weight
    assert np.allclose(total[:length], 1, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (64, 70), (64, 513), (300, 257), (129, 1000)])
def test_identity_network_returns_every_pixel(shape: tuple[int, int]) -> None:
    image = noise(*shape)
    assert np.array_equal(run_tiled(image, lambda plane: plane, tile=128, overlap=32), image)


def test_tiled_filter_equals_the_filter_on_the_whole_image() -> None:
    image = noise(700, 900)
    whole = cv2.blur(image.astype(np.float32), (15, 15), borderType=cv2.BORDER_REFLECT)
    tiled = run_tiled(image, blur, tile=256, overlap=64)
    assert np.abs(tiled[8:-8, 8:-8] - whole[8:-8, 8:-8]).max() <= 0.51


def test_no_seam_where_tiles_disagree() -> None:
    means: list[float] = []

    def biased(plane: Plane) -> Plane:
        means.append(0.3 + 0.4 * (len(means) % 2))
        return np.full_like(plane, means[-1])

    tiled = run_tiled(np.zeros((128, 600), np.uint8), biased, tile=128, overlap=64)
    assert len(means) > 4
    assert np.ptp(tiled) > 50
    assert np.abs(np.diff(tiled.astype(int), axis=1)).max() <= 4


def test_network_only_sees_tiles_of_one_bounded_shape() -> None:
    shapes = set()

    def spy(plane: Plane) -> Plane:
        shapes.add(plane.shape)
        return plane

    run_tiled(noise(1000, 333), spy, tile=256, overlap=64)
    assert shapes == {(1, 1, 256, 256)}


def test_values_outside_the_range_are_cut() -> None:
    assert run_tiled(np.full((32, 32), 250, np.uint8), lambda plane: plane * 3 - 0.5, tile=64).max() == 255
    assert run_tiled(np.zeros((32, 32), np.uint8), lambda plane: plane - 0.5, tile=64).max() == 0
