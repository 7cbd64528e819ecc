"""From rows per line and method to the tree of figures that the gate and the report read.

``tree[split][group][method][metric]`` is ``{"mean", "low", "high"}``, or a plain number where the docs say so
(docs/evaluation.md lists every key).
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.measure import MEASURED, SELECTED
from pulih.evaluation.significance import Bootstrap

SCHEMA = 1
# The columns whose sum is divided by the sum of another (by the number of lines, where that is None).
PARTS: dict[str, tuple[list[str], str | None]] = {
    "psnr": (["psnr"], None),
    "ssim": (["ssim"], None),
    "cer": (["substitutions", "deletions", "insertions"], "characters"),
    "wer": (["word_errors"], "words"),
    "substitutions_insertions": (["substitutions", "insertions"], "characters"),
    "deletions": (["deletions"], "characters"),
}
THIRDS = ("light", "medium", "heavy")
GROUPS = ("all", *THIRDS, "severity_max_0.5")
Tree = dict[str, Any]
Parts = tuple[NDArray[np.float64], NDArray[np.float64]]


def in_group(severity_N: NDArray[np.float64], group: str) -> NDArray[np.bool_]:
    """Return which severities in [0, 1] belong to a group: a third of the range, its lower half, or all."""
    if group == "all":
        return np.ones(len(severity_N), dtype=bool)
    if group == "severity_max_0.5":
        return severity_N <= 0.5
    return np.asarray(np.minimum(np.floor(severity_N * 3), 2) == THIRDS.index(group))


def summarize(per_line: pd.DataFrame, config: EvaluationConfig) -> Tree:
    """Return the tree of one evaluation; a group without lines is left out."""
    return {
        str(split): {
            group: _group(rows[in_group(rows["severity"].to_numpy(), group)], config)
            for group in GROUPS
            if in_group(rows["severity"].to_numpy(), group).any()
        }
        for split, rows in per_line.groupby("split", sort=True)
    }


def _group(rows: pd.DataFrame, config: EvaluationConfig) -> Tree:
    tables = {method: rows[rows["method"] == method].sort_values("key") for method in MEASURED}
    fonts = tables["degraded"]["font"].tolist()
    bootstrap = Bootstrap(fonts, config.seed, config.resamples, config.level)
    parts = {method: {name: part_of(table, name) for name in PARTS} for method, table in tables.items()}
    tree: Tree = {"lines": len(fonts), "fonts": len(set(fonts)), "resampled_by": bootstrap.unit}
    for method in MEASURED:
        tree[method] = {name: asdict(bootstrap.ratio(*parts[method][name])) for name in PARTS}
    tree["change"] = _change(parts, "restored", bootstrap)
    tree["perfect"] = _change(parts, "clean", bootstrap)
    tree["selection"] = _change(parts, SELECTED, bootstrap)
    chosen = (tables[SELECTED]["image"] == "restored").to_numpy()
    tree["selection"]["restored_share"] = asdict(bootstrap.ratio(chosen, np.ones(len(fonts))))
    return tree


def _change(parts: dict[str, dict[str, Parts]], method: str, bootstrap: Bootstrap) -> Tree:
    """Return the paired differences from the degraded lines, and the shares of lines that are read worse."""
    before, after = parts["degraded"], parts[method]
    tree = {name: asdict(bootstrap.difference(after[name][0], before[name][0], before[name][1])) for name in PARTS}
    worse = after["cer"][0] > before["cer"][0]
    # Where even the clean line is misread as badly, the reader is at fault rather than the restorer.
    harmed = worse & (after["cer"][0] > parts["clean"]["cer"][0])
    for name, lines in (("lines_worse", worse), ("lines_worse_than_both", harmed)):
        tree[name] = asdict(bootstrap.ratio(lines, np.ones(len(worse))))
    return tree


def part_of(table: pd.DataFrame, metric: str) -> Parts:
    """Return per line the numerator and the denominator of a metric of ``PARTS``."""
    columns, length = PARTS[metric]
    numerators = table[columns].sum(axis=1).to_numpy(dtype=np.float64)
    return numerators, np.ones(len(table)) if length is None else table[length].to_numpy(dtype=np.float64)
