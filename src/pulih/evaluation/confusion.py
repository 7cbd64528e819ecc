"""Lines that a reader can read, before restoration against after it: what interfaces show as a confusion matrix."""

from pathlib import Path

import pandas as pd

from pulih.common.errors import ArtifactError

READABLE = 0.1
CATEGORIES = [f"CER up to {READABLE:.0%}", "worse"]


def readable_before_and_after(evaluation: Path, split: str = "test_unseen") -> list[list[int]]:
    """Count the lines of a split: rows as degraded, columns as restored, each readable first and worse second.

    Raises:
        ArtifactError: the evaluation has no figures per line.
    """
    path = evaluation / "per_line.parquet"
    try:
        rows = pd.read_parquet(path)
    except (OSError, ValueError) as err:
        raise ArtifactError("an evaluation with per_line.parquet", f"{path}: {err}", "Evaluate again.") from err
    rows = rows[rows["split"] == split]
    wrong = rows["substitutions"] + rows["deletions"] + rows["insertions"]
    worse = (wrong > READABLE * rows["characters"]).astype(int)
    before, after = (worse[rows["method"] == name].to_numpy() for name in ("degraded", "restored"))
    return [[int(((before == row) & (after == column)).sum()) for column in (0, 1)] for row in (0, 1)]
