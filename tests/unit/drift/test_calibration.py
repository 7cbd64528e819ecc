import numpy as np
import pandas as pd
import pytest

from pulih.drift.calibration import like_distances, normed_distance, thresholds
from pulih.drift.config import DriftConfig
from pulih.features.catalogue import NAMES


def table(random, size, shift=0.0):
    return pd.DataFrame({name: random.normal(100 + 20 * shift, 20, size) for name in NAMES})


def test_a_shift_by_one_deviation_is_a_distance_of_one():
    values = np.random.default_rng(0).normal(50, 4, 4000)
    assert normed_distance(values, values + values.std()) == pytest.approx(1.0)


def test_fewer_pages_widen_the_threshold():
    random = np.random.default_rng(0)
    reference = random.normal(0, 1, 60)
    quantiles = [np.quantile(like_distances(reference, n, 300, random), 0.99) for n in (1, 10, 200)]
    assert quantiles[0] > quantiles[1] > quantiles[2]


@pytest.mark.parametrize(("reference_size", "size"), [(40, 150), (12, 1)])
def test_like_samples_seldom_reach_the_threshold(reference_size, size):
    random = np.random.default_rng(3)
    config = DriftConfig(resamples=100)
    alarms = []
    for _ in range(4):
        reference, current = table(random, reference_size), table(random, size)
        limits = thresholds(reference, current, config)
        alarms += [normed_distance(reference[n].to_numpy(), current[n].to_numpy()) >= limits[n] for n in NAMES]
    assert np.mean(alarms) < 0.08


def test_a_large_shift_passes_the_threshold():
    random = np.random.default_rng(4)
    reference, current = table(random, 30), table(random, 100, shift=1.5)
    limits = thresholds(reference, current, DriftConfig(resamples=100))
    assert all(normed_distance(reference[n].to_numpy(), current[n].to_numpy()) >= limits[n] for n in NAMES)


def test_a_constant_reference_does_not_make_trifles_drift():
    reference = pd.DataFrame(dict.fromkeys(NAMES, [5.0] * 10))
    current = reference + 0.01
    limits = thresholds(reference, current, DriftConfig(resamples=100))
    assert all(normed_distance(reference[n].to_numpy(), current[n].to_numpy()) < limits[n] for n in NAMES)


def test_a_descriptor_without_values_has_no_threshold():
    random = np.random.default_rng(5)
    limits = thresholds(table(random, 8).assign(slant=np.nan), table(random, 8), DriftConfig(resamples=100))
    assert "slant" not in limits
    assert set(limits) == set(NAMES) - {"slant"}


def test_equal_seeds_give_equal_thresholds():
    random = np.random.default_rng(6)
    first, second = table(random, 10), table(random, 10)
    config = DriftConfig(resamples=100)
    assert thresholds(first, second, config) == thresholds(first, second, config)
