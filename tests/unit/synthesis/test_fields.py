import numpy as np
import pytest

from pulih.synthesis.fields import enlarge, fractal_field, grid_shape, normal_field, uniform_field


def test_uniform_field_stays_within_zero_and_one():
    field = uniform_field(np.random.default_rng(0), (64, 300), 9)
    assert field.shape == (64, 300)
    assert field.dtype == np.float32
    assert field.min() >= 0
    assert field.max() <= 1


@pytest.mark.parametrize("make", [normal_field, fractal_field])
def test_normal_fields_are_centred_with_deviation_near_one(make):
    values = [make(np.random.default_rng(seed), (128, 512), 16) for seed in range(8)]
    assert np.mean(values) == pytest.approx(0, abs=0.1)
    assert 0.5 < np.std(values) < 1.3


def test_coarser_cells_vary_more_slowly():
    fine, coarse = (normal_field(np.random.default_rng(0), (128, 512), cell) for cell in (4, 64))
    assert np.abs(np.diff(coarse)).mean() < 0.2 * np.abs(np.diff(fine)).mean()


def test_cells_may_differ_down_and_across():
    field = normal_field(np.random.default_rng(0), (200, 200), (2, 40))
    assert np.abs(np.diff(field, axis=0)).mean() > 5 * np.abs(np.diff(field, axis=1)).mean()


def test_grid_points_are_a_cell_apart_and_at_least_two():
    assert grid_shape((64, 512), 8) == (9, 65)
    assert grid_shape((64, 512), 5000) == (2, 2)
    assert enlarge(np.eye(2, dtype=np.float32), (10, 20)).shape == (10, 20)
