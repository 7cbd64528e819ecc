"""The evaluation stage: a restorer on held-out lines, judged by a recognizer that its training never saw."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from pulih.common.errors import ArtifactError
from pulih.common.files import atomic_path, write_json, write_text
from pulih.common.logging import get_logger
from pulih.common.version import git_commit
from pulih.data.lines import GreyImage, Split, read_lines
from pulih.data.manifest import Manifest, read_manifest, verify
from pulih.data.workspace import run_stage
from pulih.evaluation import examples as chosen
from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.measure import candidates, measure
from pulih.evaluation.report import render_report
from pulih.evaluation.summary import SCHEMA, Tree, summarize

log = get_logger(__name__)
KIND = "evaluation"
TEST_SPLITS: tuple[Split, ...] = ("test_seen", "test_unseen")


def evaluate(config: EvaluationConfig, lines: Path, restorer: Path, recognizer: Path, output: Path) -> Manifest:
    """Measure ``restorer`` on the test splits of ``lines`` and write metrics, rows, strips and the report.

    Args:
        recognizer: an artifact that took no part in the restorer's training.

    Raises:
        ArtifactError: an artifact is missing or altered, or the recognizer is the one of the restorer's loss.
    """
    about = _about(lines, restorer, recognizer)
    parents = {"lines": lines, "restorer": restorer, "recognizer": recognizer}
    return run_stage(KIND, config, parents, output, lambda folder: _work(config, parents, about, folder))


def _about(lines: Path, restorer: Path, recognizer: Path) -> Tree:
    made = verify(restorer, "restorer")
    judge = verify(recognizer, "recognizer").digest()
    if judge in made.parents.values():
        fix = "Train another recognizer (the profile's section 'evaluator') and pass that one."
        raise ArtifactError("a recognizer that took no part in the restorer's loss", f"its own ({judge})", fix)
    tested = read_manifest(lines).digest()
    held_out = tested in made.parents.values()
    if not held_out:
        log.warning(
            "the restorer was trained on other lines (%s): nothing ensures that these are held out", made.parents
        )
    return {"lines": tested, "restorer": made.digest(), "recognizer": judge, "held_out": held_out}


def _work(config: EvaluationConfig, parents: dict[str, Path], about: Tree, folder: Path) -> dict[str, Any]:
    from pulih.recognizer.model import load_recognizer

    judge = load_recognizer(parents["recognizer"])
    rows: list[pd.DataFrame] = []
    shown: dict[str, list[chosen.Example]] = {}
    for split in TEST_SPLITS:
        samples = read_lines(parents["lines"], split)
        images = candidates(samples, parents["restorer"], config)
        table = measure(samples, images, judge, config)
        shown[split] = chosen.choose(table, images, config.examples)
        rows.append(table.assign(split=split))
    per_line = pd.concat(rows, ignore_index=True)
    metrics = {"schema": SCHEMA, "about": {"commit": git_commit(), **about}, **summarize(per_line, config)}
    write_json(folder / "metrics.json", metrics)
    with atomic_path(folder / "per_line.parquet") as path:
        per_line.to_parquet(path, index=False)
    _write_strips(folder / "strips", shown)
    write_text(folder / "report.html", render_report(metrics, per_line, shown))
    return _facts(metrics)


def _write_strips(folder: Path, shown: dict[str, list[chosen.Example]]) -> None:
    for split, lines in shown.items():
        for number, line in enumerate(lines):
            _write_png(folder / f"{split}_{number:02d}_{line.place}.png", chosen.strip(line))


def _write_png(target: Path, image: GreyImage) -> None:
    with atomic_path(target) as path:
        Image.fromarray(np.asarray(image)).save(path, format="PNG")


def _facts(metrics: Tree) -> dict[str, Any]:
    """Return the headline figures: ``<split>_<metric>`` for all severities, and ``..._severity_max_0.5``."""
    return {
        f"{split}_{metric}{'' if group == 'all' else f'_{group}'}": metrics[split][group]["restored"][metric]["mean"]
        for split in TEST_SPLITS
        for group in ("all", "severity_max_0.5")
        for metric in ("psnr", "ssim", "cer")
        if group in metrics[split]
    }
