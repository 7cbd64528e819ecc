"""Every comparison as a claim with its interval, tests and effect sizes. Axes: N line."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pulih.evaluation import comparison
from pulih.evaluation.comparison import bootstrap_of, cliffs_delta, cohens_d, holm, signed_rank
from pulih.evaluation.significance import Bootstrap, Estimate
from pulih.evaluation.summary import Tree, part_of
from pulih.research.report.runs import ComparisonRun

WORSE = "lines_worse"
HIGHER_IS_BETTER = ("psnr", "ssim")
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Claim:
    """``ours`` minus ``other`` in one metric on one split, over the same lines.

    ``p_holm`` is Wilcoxon's signed-rank p-value after Holm's correction over all claims of the report; ``delta`` is
    Cliff's; ``d`` is Cohen's for pairs; ``per_seed`` are the differences of each seed alone.
    """

    run: str
    split: str
    ours: str
    other: str
    metric: str
    ours_value: float
    other_value: float
    difference: Estimate
    p: float
    p_holm: float
    delta: float
    d: float
    per_seed: tuple[float, ...]

    @property
    def shown(self) -> bool:
        """Whether the interval excludes 0, the corrected test agrees, and every seed too; else nothing is claimed."""
        return self.excludes_zero and self.p_holm < SIGNIFICANT and self.seeds_agreeing == len(self.per_seed)

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside of the interval."""
        return not self.difference.low <= 0 <= self.difference.high

    @property
    def better(self) -> bool:
        """Whether the difference favours ours."""
        return (self.difference.mean > 0) == (self.metric in HIGHER_IS_BETTER)

    @property
    def seeds_agreeing(self) -> int:
        """How many seeds alone have a difference of the same sign."""
        return int(sum(np.sign(one) == np.sign(self.difference.mean) for one in self.per_seed))

    def as_tree(self) -> Tree:
        """Return the claim as JSON values."""
        return asdict(self) | {"shown": self.shown, "better": self.better}


def claims_of(runs: list[ComparisonRun]) -> list[Claim]:
    """Return every claim of the runs; p-values are corrected for all of them together.

    Raises:
        InputError: two methods of a run were not measured on the same lines.
    """
    raw = [claim for run in runs for split in run.splits for claim in _of_split(run, split)]
    corrected = holm([claim.p for claim in raw])
    return [Claim(**{**vars(claim), "p_holm": float(p)}) for claim, p in zip(raw, corrected, strict=True)]


def _of_split(run: ComparisonRun, split: str) -> list[Claim]:
    rows = with_worse(run.rows[run.rows["split"] == split])
    tables = {str(name): per_line(part) for name, part in rows.groupby("method", sort=False)}
    bootstrap = bootstrap_of(tables[run.ours], run.evaluation)
    claims = []
    for other in run.others(split):
        comparison.require_same_lines(tables[run.ours], tables[other], other)
        for metric in run.metrics:
            seeds = _per_seed(rows, run.ours, other, metric)
            claims.append(_claim((run, split, other, metric), tables, bootstrap, seeds))
    return claims


def with_worse(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one split with ``lines_worse``: 1 where a line is read worse than without restoration."""
    errors = rows["substitutions"] + rows["deletions"] + rows["insertions"]
    before = errors[rows["method"] == "degraded"].set_axis(rows.loc[rows["method"] == "degraded", "key"])
    return rows.assign(**{WORSE: (errors > rows["key"].map(before)).astype(np.float64)})


def per_line(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per line, ordered by key: everything averaged over the seeds of one method."""
    worse = rows.groupby("key", sort=True)[WORSE].mean().to_numpy()
    return comparison.mean_over_seeds(rows).assign(**{WORSE: worse})


def parts(table: pd.DataFrame, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return per line the numerator and the denominator of a metric."""
    if metric == WORSE:
        return table[WORSE].to_numpy(dtype=np.float64), np.ones(len(table))
    return part_of(table, metric)


def _values(table: pd.DataFrame, metric: str) -> NDArray[np.float64]:
    numerators_N, denominators_N = parts(table, metric)
    return numerators_N / np.maximum(denominators_N, 1)


def _pooled(table: pd.DataFrame, metric: str) -> float:
    numerators_N, denominators_N = parts(table, metric)
    return float(numerators_N.sum() / denominators_N.sum())


def _claim(
    about: tuple[ComparisonRun, str, str, str], tables: dict[str, pd.DataFrame], bootstrap: Bootstrap,
    per_seed: tuple[float, ...],
) -> Claim:  # fmt: skip
    run, split, other, metric = about
    mine, theirs = tables[run.ours], tables[other]
    (mine_N, length_N), (theirs_N, _) = parts(mine, metric), parts(theirs, metric)
    values_N, others_N = _values(mine, metric), _values(theirs, metric)
    p = signed_rank(values_N, others_N)
    return Claim(
        *(run.name, split, run.ours, other, metric, _pooled(mine, metric), _pooled(theirs, metric)),
        difference=bootstrap.difference(mine_N, theirs_N, length_N),
        p=p,
        p_holm=p,
        delta=cliffs_delta(values_N, others_N),
        d=cohens_d(values_N, others_N),
        per_seed=per_seed,
    )


def _per_seed(rows: pd.DataFrame, ours: str, other: str, metric: str) -> tuple[float, ...]:
    mine, theirs = rows[rows["method"] == ours], rows[rows["method"] == other]
    found = []
    for seed, part in mine.groupby("seed", sort=True):
        # What is not trained has one row per line, which stands against every seed of ours.
        same = theirs[theirs["seed"] == seed] if theirs["seed"].nunique() > 1 else theirs
        found.append(_pooled(part, metric) - _pooled(same, metric))
    return tuple(found)
