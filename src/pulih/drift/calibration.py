"""Thresholds that fit the sample: how large a distance like samples of these sizes show by chance."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from pulih.common.seed import generator
from pulih.drift.config import DriftConfig
from pulih.features.catalogue import DESCRIPTORS

SMALLEST_SPREAD = 0.001
Values = NDArray[np.float64]


def normed_distance(reference: Values, current: Values) -> float:
    """Return the Wasserstein distance of two samples in standard deviations of the reference.

    It is Evidently's ``wasserstein`` (its norm is at least 0.001), so that thresholds and scores are of one kind.
    """
    spread = max(float(np.std(reference)), SMALLEST_SPREAD)
    return float(wasserstein_distance(reference, current)) / spread


def like_distances(reference: Values, current_size: int, resamples: int, random: np.random.Generator) -> Values:
    """Return distances between pairs of samples that both come from the reference (Efron's bootstrap).

    Each pair has the sizes of the two samples compared, so that few pages on either side widen the threshold.
    """
    size = len(reference)
    # A resample of one repeated value has no spread to norm by; half of the reference's own is a floor for it.
    floor = max(float(np.std(reference)) / 2, SMALLEST_SPREAD)
    distances = np.empty(resamples)
    for i in range(resamples):
        first = random.choice(reference, size)
        second = random.choice(reference, current_size)
        distances[i] = wasserstein_distance(first, second) / max(float(np.std(first)), floor)
    return distances


def thresholds(reference: pd.DataFrame, current: pd.DataFrame, config: DriftConfig) -> dict[str, float]:
    """Return each measurable descriptor's threshold in standard deviations of the reference.

    The largest of: the ``confidence`` quantile of like samples, ``min_effect``, and the smallest difference that
    matters in the descriptor's own unit. A descriptor without a value on one side has none.
    """
    found: dict[str, float] = {}
    for descriptor in DESCRIPTORS:
        first, second = reference[descriptor.name].dropna(), current[descriptor.name].dropna()
        if first.empty or second.empty:
            continue
        values = first.to_numpy(dtype=float)
        random = generator(config.seed, "drift threshold", descriptor.name)
        chance = np.quantile(like_distances(values, len(second), config.resamples, random), config.confidence)
        resolution = descriptor.resolution / max(float(np.std(values)), SMALLEST_SPREAD)
        found[descriptor.name] = max(float(chance), config.min_effect, resolution)
    return found
