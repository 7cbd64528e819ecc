"""The comparison as a whole: train what is missing, measure every method alike, compare, write the results."""

import platform
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from pulih import __version__
from pulih.common.errors import ArtifactError, TrainingFailed
from pulih.common.files import atomic_path, write_json, write_text
from pulih.common.logging import get_logger
from pulih.common.version import git_commit
from pulih.data.lines import GreyImage, LineSample, Split, read_lines
from pulih.data.manifest import verify
from pulih.evaluation.comparison import bootstrap_of, compare, figures, mean_over_seeds, per_seed
from pulih.evaluation.measure import measure
from pulih.evaluation.peers.config import FIXED, OURS, RestorationBenchmark
from pulih.evaluation.peers.failures import Failure
from pulih.evaluation.peers.methods import Trained
from pulih.evaluation.peers.pictures import draw_figures, draw_strips
from pulih.evaluation.peers.reading import by_severity
from pulih.evaluation.peers.tables import latex, markdown
from pulih.evaluation.stage import TEST_SPLITS
from pulih.evaluation.summary import Tree
from pulih.recognizer.model import load_recognizer
from pulih.recognizer.validate import spread

log = get_logger(__name__)
SCHEMA = 3
EVALUATOR = "evaluator"
CLEAN = "clean"
NO_SEED = 0
SHOWN_SPLIT = TEST_SPLITS[-1]


class Inputs:
    """The artifacts that every method shares.

    Args:
        readers: recognizers that read every line beside the evaluator, by name; trainings do not depend on them.

    Raises:
        ArtifactError: one is missing or altered, or a reader is the recognizer of the losses.
    """

    def __init__(self, lines: Path, recognizer: Path, evaluator: Path, readers: dict[str, Path] | None = None) -> None:
        self.lines, self.recognizer = lines, recognizer
        self.readers = {**(readers or {}), EVALUATOR: evaluator}
        self.digests = {
            kind: verify(path, kind).digest() for kind, path in (("lines", lines), ("recognizer", recognizer))
        }
        self.reader_digests = {name: verify(path, "recognizer").digest() for name, path in self.readers.items()}
        for name, digest in self.reader_digests.items():
            if digest == self.digests["recognizer"]:
                fix = "Train another recognizer (the profile's section 'evaluator') and pass that one."
                found = f"'{name}', the recognizer {digest}"
                raise ArtifactError("an evaluator that took no part in any loss", found, fix)
        self.digests[EVALUATOR] = self.reader_digests.pop(EVALUATOR)


def run_benchmark(config: RestorationBenchmark, inputs: Inputs, output: Path) -> Tree:
    """Train, measure and compare; write ``results.*``, ``strips.png`` and ``lines.parquet``.

    A second run trains nothing that is finished or failed, and continues what was interrupted (``output/methods``).
    A method whose training an alarm stops with any seed is named with the reason and left out of all figures.

    Raises:
        TrainingFailed: ours failed, which the others are compared with.
        UserError: an artifact is missing or altered, or the folder holds trainings of another config.
        Interrupted: SIGTERM or Ctrl-C during a training; its state is saved.
    """
    trained = Trained(config, inputs.lines, inputs.recognizer, output / "methods")
    failures = _train(config, trained)
    failed = {failure.method for failure in failures}
    whole, config = config, config.model_copy(update={"methods": tuple(n for n in config.methods if n not in failed)})
    learned = [name for name in config.methods if name not in FIXED]
    torch.set_num_threads(config.threads)
    tables, images = _measured(config, inputs, trained)
    rows = tables.pop(EVALUATOR)
    trainings = {name: [trained.facts(name, seed) for seed in config.seeds] for name in learned}
    results = {
        "schema": SCHEMA,
        "about": _about(whole, inputs),
        "trainings": trainings,
        "failures": [failure.as_tree() for failure in failures],
        **summarize(rows, config),
        "readers": {name: summarize(table, config) for name, table in tables.items()},
    }
    _write(results, rows, output)
    draw_strips(_tested(config, inputs, SHOWN_SPLIT), images, config.strip_lines, output / "strips.png")
    return results


def _train(config: RestorationBenchmark, trained: Trained) -> list[Failure]:
    failures = []
    for seed in config.seeds:
        for name in (name for name in config.methods if name not in FIXED):
            failure = trained.attempt(name, seed)
            if failure is None:
                log.info("%s with seed %d is trained", name, seed)
                continue
            log.warning("%s with seed %d failed, the others go on: %s", name, seed, failure.reason)
            failures.append(failure)
            if name == OURS:
                raise TrainingFailed(f"{OURS} with seed {seed}, which all others are compared with: {failure.reason}")
    return failures


def _about(config: RestorationBenchmark, inputs: Inputs) -> Tree:
    machine = f"{platform.machine()}, {config.threads} thread(s), PyTorch {torch.__version__}"
    settings = {"seeds": list(config.seeds), "budget": config.budget.model_dump(exclude_none=True)}
    about = {**inputs.digests, "readers": inputs.reader_digests}
    about |= {"config": config.model_dump(mode="json"), "config_digest": config.digest()}
    return about | {"version": __version__, "commit": git_commit(), "machine": machine, "ours": OURS} | settings


def _measured(
    config: RestorationBenchmark, inputs: Inputs, trained: Trained
) -> tuple[dict[str, pd.DataFrame], dict[str, list[GreyImage]]]:
    """Return each reader's rows of all splits, methods and seeds, and the methods' images of ``SHOWN_SPLIT``."""
    judges = {name: load_recognizer(path) for name, path in inputs.readers.items()}
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in judges}
    shown: dict[str, list[GreyImage]] = {}
    for split in TEST_SPLITS:
        samples = _tested(config, inputs, split)
        degraded = [sample.degraded for sample in samples]
        for method, seed in [*_entries(config), (CLEAN, NO_SEED)]:
            images = [s.clean for s in samples] if method == CLEAN else trained.restorer(method, seed)(degraded)
            for name, judge in judges.items():
                table = measure(samples, {method: images}, judge, config.evaluation)
                tables[name].append(table.assign(split=split, seed=seed))
            if split == SHOWN_SPLIT:
                shown.setdefault(method, images)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}, shown


def _tested(config: RestorationBenchmark, inputs: Inputs, split: Split) -> list[LineSample]:
    samples = read_lines(inputs.lines, split)
    return spread(samples, config.test_lines) if config.test_lines else samples


def _entries(config: RestorationBenchmark) -> list[tuple[str, int]]:
    return [(n, seed) for n in config.methods for seed in ((NO_SEED,) if n in FIXED else config.seeds)]


def summarize(rows: pd.DataFrame, config: RestorationBenchmark) -> Tree:
    """Return the figures of every method on every split, and ours compared with each of the others.

    Args:
        rows: as ``measure`` gives them, with the columns ``split`` and ``seed``.
    """
    tables = {
        str(split): {str(name): mean_over_seeds(own) for name, own in part.groupby("method", sort=False)}
        for split, part in rows.groupby("split", sort=True)
    }
    found: dict[str, Any] = {}
    for split, methods in tables.items():
        bootstrap = bootstrap_of(methods[OURS], config.evaluation)
        found[split] = {
            "lines": len(methods[OURS]),
            "fonts": int(methods[OURS]["font"].nunique()),
            "resampled_by": bootstrap.unit,
            "methods": {name: figures(table, methods["degraded"], bootstrap) for name, table in methods.items()},
            "groups": by_severity(methods, OURS, config.evaluation),
            "per_seed": _seeds(rows[rows["split"] == split], config),
        }
    rivals = {s: {n: t for n, t in methods.items() if n != CLEAN} for s, methods in tables.items()}
    return {"splits": found, "comparisons": [one.as_tree() for one in compare(rivals, OURS, config.evaluation)]}


def _seeds(rows: pd.DataFrame, config: RestorationBenchmark) -> Tree:
    return {name: per_seed(rows[rows["method"] == name]) for name in config.methods if name not in FIXED}


def _write(results: Tree, rows: pd.DataFrame, output: Path) -> None:
    write_json(output / "results.json", results)
    write_text(output / "results.md", markdown(results))
    write_text(output / "results.tex", latex(results))
    with atomic_path(output / "lines.parquet") as path:
        rows.to_parquet(path, index=False)
    draw_figures(results, output / "results.png")
