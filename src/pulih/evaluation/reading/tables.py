"""From readings to figures: error rates before and after restoration, overall, by contrast and by manuscript.

A row of the table is one line, read by one reader from one image of it (``method``).
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pulih.evaluation.reading.config import ReadingConfig
from pulih.evaluation.reading.restoring import MEASURED, ORIGINAL
from pulih.evaluation.significance import Bootstrap
from pulih.recognizer.metrics import character_edits, word_edits

READERS = ("zero_shot", "adapted")
PARTS: dict[str, tuple[list[str], str]] = {
    "cer": (["substitutions", "deletions", "insertions"], "characters"),
    "wer": (["word_errors"], "words"),
    "substitutions_insertions": (["substitutions", "insertions"], "characters"),
    "deletions": (["deletions"], "characters"),
}
THIRDS = ("pale", "middle", "dark")
Tree = dict[str, Any]


def rows_of(lines: pd.DataFrame, reader: str, method: str, texts: list[str]) -> pd.DataFrame:
    """Return ``lines`` (columns sha256, manuscript, writer, contrast, text) with what was read and its edits."""
    references = lines["text"].tolist()
    characters, words = character_edits(references, texts), word_edits(references, texts)
    return lines.assign(
        reader=reader,
        method=method,
        read=texts,
        characters=characters.lengths,
        substitutions=characters.substitutions,
        deletions=characters.deletions,
        insertions=characters.insertions,
        errors=characters.errors,
        words=words.lengths,
        word_errors=words.errors,
    )


def thirds(contrast_N: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return each line's third by its contrast: equally many pale, middle and dark ones.

    Contrast is measured on the original alone: thirds by the error rate itself would show a gain among the worst lines
    and a loss among the best ones even where nothing changed (regression to the mean).
    """
    rank = np.argsort(np.argsort(contrast_N, kind="stable"), kind="stable")
    return np.asarray(THIRDS)[rank * 3 // max(len(rank), 1)]


def summarize(rows: pd.DataFrame, config: ReadingConfig) -> Tree:
    """Return ``tree[reader]``: ``all``, ``by_contrast`` and ``by_manuscript`` groups; see ``group_figures``."""
    tree: Tree = {}
    for reader in READERS:
        own = rows[rows["reader"] == reader]
        tree[reader] = {
            "all": group_figures(own, config),
            "by_contrast": {
                t: group_figures(own[own["third"] == t], config) for t in THIRDS if (own["third"] == t).any()
            },
            "by_manuscript": {str(name): group_figures(part, config) for name, part in own.groupby("manuscript")},
        }
    return tree


def group_figures(rows: pd.DataFrame, config: ReadingConfig) -> Tree:
    """Return, per method, its rates, and for each way of restoring the paired ``change`` against the original.

    A change below 0 means that restoration helped. ``resampled_by`` says what the bootstrap draws: writers, or lines
    where a group has only one writer.
    """
    tables = {method: rows[rows["method"] == method].sort_values("sha256", kind="stable") for method in MEASURED}
    writers = tables[ORIGINAL]["writer"].tolist()
    bootstrap = Bootstrap(writers, config.seed, config.resamples, config.level)
    unit = "writer" if len(set(writers)) > 1 else "line"
    tree: Tree = {"lines": len(writers), "writers": len(set(writers)), "resampled_by": unit}
    for method, table in tables.items():
        tree[method] = {name: asdict(bootstrap.ratio(*_part(table, name))) for name in PARTS}
    for method in MEASURED[1:]:
        tree[method]["change"] = _change(tables[ORIGINAL], tables[method], bootstrap)
    return tree


def _change(before: pd.DataFrame, after: pd.DataFrame, bootstrap: Bootstrap) -> Tree:
    change: Tree = {}
    for name in PARTS:
        numerators, lengths = _part(before, name)
        change[name] = asdict(bootstrap.difference(_part(after, name)[0], numerators, lengths))
    difference = after["errors"].to_numpy() - before["errors"].to_numpy()
    for name, lines in (("lines_worse", difference > 0), ("lines_better", difference < 0)):
        change[name] = asdict(bootstrap.ratio(lines, np.ones(len(lines))))
    return change


def _part(table: pd.DataFrame, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    columns, length = PARTS[name]
    return table[columns].sum(axis=1).to_numpy(dtype=np.float64), table[length].to_numpy(dtype=np.float64)
