"""Bootstrap intervals that respect that lines of one font are alike: whole fonts are drawn, not lines.

Axes: N line, U unit that is drawn (a font), R resample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pulih.common.seed import generator


@dataclass(frozen=True)
class Estimate:
    """A figure over the lines of a group, with the bounds of its interval."""

    mean: float
    low: float
    high: float


class Bootstrap:
    """Percentile bootstrap (Efron 1979) over clusters; one set of draws serves all figures of a group.

    Sharing the draws makes the differences paired. With fewer than two fonts the lines themselves are drawn, because
    one cluster has no spread; ``unit`` says which. With few fonts the intervals are somewhat too narrow.
    """

    def __init__(self, fonts: Sequence[str], seed: int, resamples: int, level: float) -> None:
        names, index_N = np.unique(np.asarray(fonts), return_inverse=True)
        self.unit = "font" if len(names) > 1 else "line"
        self._index_N = index_N if len(names) > 1 else np.arange(len(fonts))
        units = int(self._index_N.max()) + 1
        self._counts_RU = generator(seed, "bootstrap").multinomial(units, np.full(units, 1 / units), resamples)
        self._quantiles = ((1 - level) / 2, (1 + level) / 2)

    def ratio(self, numerators_N: ArrayLike, denominators_N: ArrayLike) -> Estimate:
        """Return the sum of the numerators over the sum of the denominators (a mean, when these are 1)."""
        return self._estimate(*self._ratios(numerators_N, denominators_N))

    def difference(self, numerators_N: ArrayLike, less_numerators_N: ArrayLike, denominators_N: ArrayLike) -> Estimate:
        """Return the first ratio minus the second over the same lines; the interval is paired."""
        first, first_R = self._ratios(numerators_N, denominators_N)
        second, second_R = self._ratios(less_numerators_N, denominators_N)
        return self._estimate(first - second, first_R - second_R)

    def _ratios(self, numerators_N: ArrayLike, denominators_N: ArrayLike) -> tuple[float, NDArray[np.float64]]:
        top_U = np.bincount(self._index_N, weights=np.asarray(numerators_N, dtype=np.float64))
        bottom_U = np.bincount(self._index_N, weights=np.asarray(denominators_N, dtype=np.float64))
        return float(top_U.sum() / bottom_U.sum()), (self._counts_RU @ top_U) / (self._counts_RU @ bottom_U)

    def _estimate(self, value: float, draws_R: NDArray[np.float64]) -> Estimate:
        low, high = np.quantile(draws_R, self._quantiles)
        return Estimate(value, float(low), float(high))
