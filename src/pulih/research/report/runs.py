"""What finished benchmarks left behind, read back as comparisons: one row per line, method and seed."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pulih.common.config import build_config, digest_of, read_json
from pulih.common.errors import InputError
from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.reading.restoring import ORIGINAL as SCANNED
from pulih.evaluation.summary import Tree

RESULTS, ROWS, READING_ROWS = "results.json", "lines.parquet", "per_line.parquet"
COLUMNS = ("method", "split", "seed", "key", "font", "severity", "psnr", "ssim", "substitutions", "deletions")
READ_COLUMNS = ("reader", "method", "sha256", "writer", "substitutions", "deletions", "insertions", "characters")
IMAGE_METRICS = ("psnr", "ssim")
READING_METRICS = ("cer", "substitutions_insertions", "deletions", "lines_worse")
MAKE_AGAIN = "Run `make benchmark-restoration` or `make benchmark-reading` into that folder again."


@dataclass(frozen=True)
class ComparisonRun:
    """Ours and other methods on the same lines; ``unit`` (fonts, writers) is what the bootstrap draws.

    ``rows`` have the column ``font`` for the unit's name, whatever the unit is.
    """

    name: str
    results: Tree
    rows: pd.DataFrame
    metrics: tuple[str, ...] = (*IMAGE_METRICS, *READING_METRICS)
    unit: str = "fonts"

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
    def failures(self) -> list[Tree]:
        """Method, seed and reason of the trainings that an alarm stopped; their methods have no rows."""
        # A reading benchmark trains no rivals, and runs of the first schema ended with a failure.
        return list(self.results.get("failures", []))

    @property
    def splits(self) -> list[str]:
        """The test splits."""
        return sorted(map(str, self.rows["split"].unique()))

    def others(self, split: str) -> list[str]:
        """Return the methods that ours is compared with, in the order of the run; the clean line is no method."""
        names = self.rows.loc[self.rows["split"] == split, "method"].unique()
        return [str(name) for name in names if name not in (self.ours, "clean")]


def read_run(folder: Path) -> list[ComparisonRun]:
    """Read a finished benchmark: one comparison of restorers, or one per way of restoring that was read.

    Raises:
        InputError: the folder holds none, or its rows lack columns.
    """
    name = folder.resolve().name
    if (folder / RESULTS).is_file() and (folder / ROWS).is_file():
        results = read_json(folder / RESULTS)
        return [ComparisonRun(name, results, _rows(folder / ROWS, COLUMNS))]
    if (folder / RESULTS).is_file() and (folder / READING_ROWS).is_file():
        return _readings(name, read_json(folder / RESULTS), _rows(folder / READING_ROWS, READ_COLUMNS))
    raise InputError(f"{RESULTS} and {ROWS} or {READING_ROWS} in {folder}", "not both", MAKE_AGAIN)


def _rows(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = pd.read_parquet(path)
    if missing := sorted(set(columns) - set(rows.columns)):
        raise InputError(f"{', '.join(columns)} in {path}", f"no {', '.join(missing)}", MAKE_AGAIN)
    return rows


def _readings(name: str, results: Tree, rows: pd.DataFrame) -> list[ComparisonRun]:
    """Return a comparison with the scan for each way of restoring; the readers are the splits."""
    config = results["config"]
    evaluation = {key: config[key] for key in ("seed", "resamples", "level")}
    about = {"config": {"evaluation": evaluation}, "config_digest": digest_of(config), "seeds": [config["seed"]]}
    blank = dict.fromkeys(IMAGE_METRICS, float("nan")) | {"severity": 0.0, "seed": 0}
    known = rows.assign(**blank, key=rows["sha256"], font=rows["writer"], split=rows["reader"])
    runs = []
    for way in [method for method in rows["method"].unique() if method != SCANNED]:
        own = known[known["method"].isin([SCANNED, way])].replace({"method": {SCANNED: "degraded"}})
        tree = {"about": about | {"ours": way}}
        runs.append(ComparisonRun(f"{name}-{way}", tree, own, READING_METRICS, "writers"))
    return runs


def read_runs(folders: list[Path]) -> list[ComparisonRun]:
    """Read several benchmarks; raises InputError when two comparisons have one name."""
    runs = [run for folder in folders for run in read_run(folder)]
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        fix = "Rename one: the report's files are called after them."
        raise InputError("folders of different names", ", ".join(names), fix)
    return runs
