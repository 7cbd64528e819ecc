"""Whether one restorer is better than another on the same lines: paired intervals, tests, effect sizes.

Axes: N line, P comparison.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu, wilcoxon
from statsmodels.stats.multitest import multipletests

from pulih.common.errors import InputError
from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.significance import Bootstrap, Estimate
from pulih.evaluation.summary import Tree, part_of

TESTED = ("psnr", "ssim", "cer")
FIGURES = ("psnr", "ssim", "cer", "substitutions_insertions", "deletions")
COUNTS = ("psnr", "ssim", "substitutions", "deletions", "insertions", "word_errors")
DECIMALS = 9
LARGEST_D = 1e6


@dataclass(frozen=True)
class Comparison:
    """Ours minus the peer in one metric on one split.

    ``p`` is of the Wilcoxon signed-rank test over lines, ``p_holm`` the same after Holm's correction over all
    comparisons of a report; ``delta`` is Cliff's, in [-1, 1].
    """

    split: str
    peer: str
    metric: str
    difference: Estimate
    p: float
    p_holm: float
    delta: float

    def as_tree(self) -> Tree:
        """Return the comparison as JSON values."""
        return asdict(self)


def mean_over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per line, ordered by key: figures and edit counts averaged over the rows of its seeds."""
    means = rows.groupby("key", sort=True)[list(COUNTS)].mean()
    about = rows.groupby("key", sort=True)[["font", "severity", "characters", "words"]].first()
    return about.join(means).reset_index()


def cliffs_delta(ours_N: ArrayLike, theirs_N: ArrayLike) -> float:
    """Return P(ours > theirs) - P(ours < theirs) over all pairs (Cliff, Psychological Bulletin 114, 1993)."""
    ours, theirs = (np.round(np.asarray(values, dtype=np.float64), DECIMALS) for values in (ours_N, theirs_N))
    wins = mannwhitneyu(ours, theirs, method="asymptotic").statistic
    return float(2 * wins / (len(ours) * len(theirs)) - 1)


def cohens_d(ours_N: ArrayLike, theirs_N: ArrayLike) -> float:
    """Return Cohen's d of paired values (d_z): the mean difference over the differences' standard deviation.

    0 when all pairs are equal; with differences that are all alike there is no spread to measure them by, and d is
    infinite, which JSON cannot hold: the largest finite value of its sign stands for it.
    """
    differences_N = np.round(np.asarray(ours_N, dtype=np.float64) - np.asarray(theirs_N, dtype=np.float64), DECIMALS)
    mean, deviation = float(differences_N.mean()), float(differences_N.std(ddof=1)) if len(differences_N) > 1 else 0.0
    if deviation == 0:
        return float(np.sign(mean) * LARGEST_D)
    return float(np.clip(mean / deviation, -LARGEST_D, LARGEST_D))


def signed_rank(ours_N: ArrayLike, theirs_N: ArrayLike) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test of paired values; 1 when all pairs are equal."""
    # Differences of equal rates differ in their last bits, and ranks must see them as ties.
    differences_N = np.round(np.asarray(ours_N, dtype=np.float64) - np.asarray(theirs_N, dtype=np.float64), DECIMALS)
    return float(wilcoxon(differences_N).pvalue) if differences_N.any() else 1.0


def holm(p_values_P: Sequence[float]) -> NDArray[np.float64]:
    """Return the p-values corrected for that many tests (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    if not len(p_values_P):
        return np.empty(0)
    return np.asarray(multipletests(p_values_P, method="holm")[1], dtype=np.float64)


def line_values(table: pd.DataFrame, metric: str) -> NDArray[np.float64]:
    """Return the metric of each line (N); a line without characters counts as one of one character."""
    numerators_N, denominators_N = part_of(table, metric)
    return numerators_N / np.maximum(denominators_N, 1)


def figures(table: pd.DataFrame, degraded: pd.DataFrame, bootstrap: Bootstrap) -> Tree:
    """Return each metric with its interval over the lines of one method, and the share of lines read worse than before.

    Args:
        table: the method's lines, as ``mean_over_seeds`` gives them.
        degraded: the same lines without restoration.
    """
    tree = {name: asdict(bootstrap.ratio(*part_of(table, name))) for name in FIGURES}
    worse_N = line_values(table, "cer") > line_values(degraded, "cer")
    return tree | {"lines_worse": asdict(bootstrap.ratio(worse_N, np.ones(len(table))))}


def compare(tables: dict[str, dict[str, pd.DataFrame]], ours: str, config: EvaluationConfig) -> list[Comparison]:
    """Compare ``ours`` with every other method on every split.

    Args:
        tables: ``tables[split][method]`` as ``mean_over_seeds`` gives them, all of the same lines.

    Raises:
        InputError: two methods were not measured on the same lines.
    """
    raw: list[tuple[str, str, str, Estimate, float, float]] = []
    for split, methods in tables.items():
        bootstrap = bootstrap_of(methods[ours], config)
        for peer, theirs in methods.items():
            if peer == ours:
                continue
            require_same_lines(methods[ours], theirs, peer)
            raw += [(split, peer, metric, *_compared(methods[ours], theirs, metric, bootstrap)) for metric in TESTED]
    corrected = holm([row[4] for row in raw])
    return [
        Comparison(split, peer, metric, difference, p, float(p_holm), delta)
        for (split, peer, metric, difference, p, delta), p_holm in zip(raw, corrected, strict=True)
    ]


def bootstrap_of(table: pd.DataFrame, config: EvaluationConfig) -> Bootstrap:
    """Return the draws of fonts for these lines; the same for every method measured on them."""
    return Bootstrap(table["font"].tolist(), config.seed, config.resamples, config.level)


def _compared(
    ours: pd.DataFrame, theirs: pd.DataFrame, metric: str, bootstrap: Bootstrap
) -> tuple[Estimate, float, float]:
    (mine_N, length_N), (other_N, _) = part_of(ours, metric), part_of(theirs, metric)
    values, others = line_values(ours, metric), line_values(theirs, metric)
    return bootstrap.difference(mine_N, other_N, length_N), signed_rank(values, others), cliffs_delta(values, others)


def require_same_lines(ours: pd.DataFrame, theirs: pd.DataFrame, peer: str) -> None:
    """Raise InputError unless two methods' tables are of the same lines."""
    if ours["key"].tolist() != theirs["key"].tolist():
        found = f"{len(ours)} and {len(theirs)} lines with other keys"
        raise InputError(f"'{peer}' measured on the same lines", found, "Measure both on one lines artifact.")


def per_seed(rows: pd.DataFrame, metrics: Sequence[str] = TESTED) -> dict[str, dict[str, Any]]:
    """Return each metric of each seed alone, and its standard deviation over the seeds (None with one seed)."""
    found: dict[str, dict[str, Any]] = {}
    for metric in metrics:
        values = {str(seed): _pooled(part, metric) for seed, part in rows.groupby("seed", sort=True)}
        spread = float(np.std(list(values.values()), ddof=1)) if len(values) > 1 else None
        found[metric] = {"values": values, "standard_deviation": spread}
    return found


def _pooled(rows: pd.DataFrame, metric: str) -> float:
    numerators_N, denominators_N = part_of(rows, metric)
    return float(numerators_N.sum() / denominators_N.sum())
