"""What a finished comparison left behind, read back: ``results.json`` and one row per line, method and seed."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pulih.common.config import build_config, read_json
from pulih.common.errors import InputError
from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.summary import Tree

ROWS, RESULTS = "lines.parquet", "results.json"
COLUMNS = ("method", "split", "seed", "key", "font", "severity", "psnr", "ssim", "substitutions", "deletions")
MAKE_AGAIN = "Run `make benchmark-restoration` into that folder again."


@dataclass(frozen=True)
class ComparisonRun:
    """One output folder of ``make benchmark-restoration``; ``ours`` is what the others are compared with."""

    name: str
    results: Tree
    rows: pd.DataFrame

    @property
    def ours(self) -> str:
        """The name of our method."""
        return str(self.results["about"]["ours"])

    @property
    def evaluation(self) -> EvaluationConfig:
        """Seed, draws and level of the intervals."""
        return build_config(EvaluationConfig, self.results["about"]["config"]["evaluation"])

    @property
    def seeds(self) -> list[int]:
        """The seeds of the trainings."""
        return [int(seed) for seed in self.results["about"]["seeds"]]

    @property
    def splits(self) -> list[str]:
        """The test splits."""
        return sorted(map(str, self.rows["split"].unique()))

    def others(self, split: str) -> list[str]:
        """Return the methods that ours is compared with, in the order of the run; the clean line is no method."""
        names = self.rows.loc[self.rows["split"] == split, "method"].unique()
        return [str(name) for name in names if name not in (self.ours, "clean")]


def read_run(folder: Path) -> ComparisonRun:
    """Read a finished comparison.

    Raises:
        InputError: the folder holds none, or its rows lack columns.
    """
    path = folder / ROWS
    if not path.is_file() or not (folder / RESULTS).is_file():
        raise InputError(f"{RESULTS} and {ROWS} of a finished comparison in {folder}", "not both", MAKE_AGAIN)
    rows, results = pd.read_parquet(path), read_json(folder / RESULTS)
    if missing := sorted(set(COLUMNS) - set(rows.columns)) or sorted({"about", "splits"} - set(results)):
        raise InputError(f"{', '.join(COLUMNS)} in {path}", f"no {', '.join(missing)}", MAKE_AGAIN)
    return ComparisonRun(folder.resolve().name, results, rows)


def read_runs(folders: list[Path]) -> list[ComparisonRun]:
    """Read several comparisons; raises InputError when two folders have one name."""
    runs = [read_run(folder) for folder in folders]
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        fix = "Rename one: the report's files are called after them."
        raise InputError("folders of different names", ", ".join(names), fix)
    return runs
