"""What the pooled error rate hides: each third of the severity, and ours as a share of every other method's errors."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from pulih.evaluation.comparison import bootstrap_of, figures
from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.significance import Bootstrap
from pulih.evaluation.summary import THIRDS, Tree, in_group, part_of

ALL = "all"
GROUPS = (ALL, *THIRDS)


def by_severity(methods: dict[str, pd.DataFrame], ours: str, config: EvaluationConfig) -> Tree:
    """Return for all lines and for each third of the severities the figures, and our CER relative to the others'.

    ``tree[group]`` holds ``lines``, ``methods`` (as ``figures`` gives them; for all lines they stand elsewhere and are
    left out) and ``relative_cer``: our errors over the peer's, minus 1, with its paired interval; None where the
    peer has so few errors that it has none. A group without lines is left out.

    Args:
        methods: as ``mean_over_seeds`` gives them, all of the same lines.
        ours: the method that the others are compared with.
    """
    severity_N = methods[ours]["severity"].to_numpy()
    groups = {group: in_group(severity_N, group) for group in GROUPS}
    return {
        group: _group({name: table[member_N] for name, table in methods.items()}, group, ours, config)
        for group, member_N in groups.items()
        if member_N.any()
    }


def _group(methods: dict[str, pd.DataFrame], group: str, ours: str, config: EvaluationConfig) -> Tree:
    bootstrap = bootstrap_of(methods[ours], config)
    tree: Tree = {"lines": len(methods[ours]), "resampled_by": bootstrap.unit}
    if group != ALL:
        degraded = methods["degraded"]
        tree["methods"] = {name: figures(table, degraded, bootstrap) for name, table in methods.items()}
    peers = {name: table for name, table in methods.items() if name != ours}
    return tree | {"relative_cer": {name: _relative(methods[ours], table, bootstrap) for name, table in peers.items()}}


def _relative(ours: pd.DataFrame, theirs: pd.DataFrame, bootstrap: Bootstrap) -> Tree | None:
    mine_N, other_N = part_of(ours, "cer")[0], part_of(theirs, "cer")[0]
    if not other_N.any():
        return None
    # A draw of fonts that hold none of the peer's errors has no ratio, and then the interval has no bound.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = bootstrap.ratio(mine_N, other_N)
    shares = {name: value - 1 for name, value in asdict(ratio).items()}
    return shares if all(np.isfinite(value) for value in shares.values()) else None
