"""The recognizer stage: from lines to a model that reads them."""

from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.dist import launch, resolved_processes
from pulih.common.files import write_json
from pulih.data.manifest import Manifest, read_manifest
from pulih.data.workspace import run_stage
from pulih.recognizer.config import RecognizerConfig
from pulih.stores.checkpoints import fetch_from_store, kept_in_store


def train(config: RecognizerConfig, lines: Path, output: Path) -> Manifest:
    """Train a recognizer on the artifact ``lines``; an interrupted training is continued.

    The artifact in ``output``: ``model.safetensors`` (best weights by validation), ``config.json``, ``charset.json``,
    ``metrics.json``, ``curves.png``; the facts have ``cer_validation`` and the CER on clean lines of the test splits.

    Raises:
        UserError: the lines are missing or altered, or do not fit the config.
        Interrupted: SIGTERM or Ctrl-C; the state is saved.
    """

    def work(folder: Path) -> dict[str, Any]:
        with kept_in_store(folder / "state" / "checkpoint.pt", "recognizer", _origins(config, lines)):
            _launch(config, lines, folder)
        return _facts(read_json(folder / "metrics.json"))

    return run_stage("recognizer", config, {"lines": lines}, output, work)


def assist(config: RecognizerConfig, lines: Path, folder: Path) -> None:
    """Be one of the further nodes of a training that another node leads by ``train``; no artifact is made here.

    Raises:
        Interrupted, PulihError: as ``train``.
    """
    fetch_from_store(folder / "state" / "checkpoint.pt", "recognizer", _origins(config, lines))
    _launch(config, lines, folder)


def _origins(config: RecognizerConfig, lines: Path) -> list[str]:
    return [config.digest(), read_manifest(lines).digest()]


def _launch(config: RecognizerConfig, lines: Path, folder: Path) -> None:
    path = folder / "state" / "config.json"
    write_json(path, config.model_dump(mode="json"))
    arguments = ["--config", str(path), "--lines", str(lines), "--folder", str(folder)]
    launch("pulih.recognizer.train", arguments, resolved_processes(config.processes))


def _facts(metrics: dict[str, Any]) -> dict[str, Any]:
    rates = {f"cer_{split}": scores["clean"]["cer"]["value"] for split, scores in metrics["splits"].items()}
    return {**rates, "parameters": metrics["parameters"], "steps": metrics["steps"], "best_step": metrics["best_step"]}
