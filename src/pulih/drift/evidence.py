"""Evidently's report on two tables of descriptors."""

import os
import warnings
from pathlib import Path

import pandas as pd

from pulih.common.files import atomic_path

METHOD = "wasserstein"
METHOD_TITLE = "Wasserstein distance (normed)"


def evidently_scores(
    reference: pd.DataFrame, current: pd.DataFrame, thresholds: dict[str, float], share: float, folder: Path
) -> dict[str, float]:
    """Compare the columns that have a threshold and return their drift scores; a column has drifted at its threshold.

    Writes ``evidently.html`` (self-contained) and ``evidently.json`` into ``folder``. The import of Evidently takes
    about ten seconds: this is the one place that does it.

    Args:
        share: the share of drifted columns at which Evidently says that the data drifted.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")
    columns = list(thresholds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        definition = DataDefinition(numerical_columns=columns)
        sides = (Dataset.from_pandas(table[columns], data_definition=definition) for table in (current, reference))
        preset = DataDriftPreset(columns=columns, num_method=METHOD, per_column_threshold=thresholds, drift_share=share)
        snapshot = Report([preset]).run(*sides)
        with atomic_path(folder / "evidently.html") as path:
            snapshot.save_html(str(path))
        with atomic_path(folder / "evidently.json") as path:
            snapshot.save_json(str(path))
    metrics = [metric for metric in snapshot.dict()["metrics"] if "column" in metric["config"]]
    return {metric["config"]["column"]: float(metric["value"]) for metric in metrics}
