"""From figures per page to means per group, with intervals, and to paired differences between two methods."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.measure import METRICS
from pulih.evaluation.binary import f_measure
from pulih.evaluation.significance import Bootstrap

SCHEMA = 1
ALL = "all pages"
Tree = dict[str, Any]


def summarize(table: pd.DataFrame, config: BenchmarkConfig, ours: str | None, baseline: str) -> Tree:
    """Return ``tree[group]`` for every group and for all pages.

    ``methods[method][metric]`` is ``{"mean", "low", "high"}`` over pages; ``fm_of_means`` and ``pfm_of_means`` are the
    harmonic means of mean precision and mean recall, as contest papers up to 2012 averaged; ``difference[metric]`` is
    ``ours`` minus ``baseline`` over the same pages, left out without ``ours``.
    """
    groups = {str(name): rows for name, rows in table.groupby("group", sort=True)}
    if len(groups) > 1:
        groups[ALL] = table
    return {name: _group(rows, config, ours, baseline) for name, rows in groups.items()}


def _group(rows: pd.DataFrame, config: BenchmarkConfig, ours: str | None, baseline: str) -> Tree:
    methods = {str(name): part.sort_values("page") for name, part in rows.groupby("method", sort=False)}
    pages = next(iter(methods.values()))["page"].tolist()
    # A page is what is drawn: pixels of one page are not independent.
    bootstrap = Bootstrap(pages, config.seed, config.resamples, config.level)
    ones = np.ones(len(pages))
    tree: Tree = {"pages": len(pages), "methods": {}}
    for method, part in methods.items():
        figures: Tree = {metric: asdict(bootstrap.ratio(part[metric], ones)) for metric in METRICS}
        tree["methods"][method] = figures | _of_means(part)
    if ours is not None:
        first, second = methods[ours], methods[baseline]
        differences = {name: bootstrap.difference(first[name], second[name], ones) for name in METRICS}
        tree["difference"] = {"of": ours, "minus": baseline} | {n: asdict(d) for n, d in differences.items()}
    return tree


def _of_means(part: pd.DataFrame) -> Tree:
    precision, recall, thinned = (float(part[name].mean()) for name in ("precision", "recall", "thinned_recall"))
    return {
        "precision": precision,
        "recall": recall,
        "fm_of_means": f_measure(precision, recall),
        "pfm_of_means": f_measure(precision, thinned),
    }
