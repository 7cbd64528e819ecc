"""The restorer stage: from lines and a recognizer to a model that restores."""

from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.dist import launch, resolved_processes
from pulih.common.files import write_json
from pulih.data.manifest import Manifest
from pulih.data.workspace import run_stage
from pulih.restorer.artifact import read_generator
from pulih.restorer.checkpoint import origins_of
from pulih.restorer.config import RestorerConfig
from pulih.restorer.contract import KIND, MODEL
from pulih.restorer.export import export_onnx
from pulih.restorer.pages.phase import STATE
from pulih.stores.checkpoints import fetch_from_store, kept_in_store


def train(config: RestorerConfig, lines: Path, recognizer: Path, output: Path) -> Manifest:
    """Train a restorer on the artifact ``lines`` with a frozen recognizer; an interrupted training is continued.

    The artifact in ``output``: ``model.safetensors`` (averaged generator), ``model.onnx`` (checked against PyTorch; the
    facts have ``onnx_max_difference``), ``config.json``, ``charset.json``, ``metrics.json``, ``curves.png``,
    ``alignment.png`` (a look into the text branch, when it took part), ``strips/`` and ``MODEL_CARD.md``.

    Raises:
        UserError: an artifact is missing, altered or does not fit the config.
        Interrupted: SIGTERM or Ctrl-C; the state is saved.
        TrainingFailed: white pages, or a loss that is not finite; the last checkpoint stays.
    """

    def work(folder: Path) -> dict[str, Any]:
        state, origins = folder / "state", origins_of(config, lines, recognizer)
        lines_state = kept_in_store(state / "checkpoint.pt", KIND, origins)
        with lines_state, kept_in_store(state / STATE, f"{KIND}-pages", origins):
            _launch(config, lines, recognizer, folder)
        difference = export_onnx(read_generator(folder), folder / MODEL)
        return _facts(read_json(folder / "metrics.json")) | {"onnx_max_difference": difference}

    return run_stage(KIND, config, {"lines": lines, "recognizer": recognizer}, output, work)


def assist(config: RestorerConfig, lines: Path, recognizer: Path, folder: Path) -> None:
    """Be one of the further nodes of a training that another node leads by ``train``; no artifact is made here.

    Raises:
        Interrupted, TrainingFailed: as ``train``.
    """
    fetch_from_store(folder / "state" / "checkpoint.pt", KIND, origins_of(config, lines, recognizer))
    _launch(config, lines, recognizer, folder)


def _launch(config: RestorerConfig, lines: Path, recognizer: Path, folder: Path) -> None:
    path = folder / "state" / "config.json"
    write_json(path, config.model_dump(mode="json"))
    inputs = ["--lines", str(lines), "--recognizer", str(recognizer)]
    arguments = ["--config", str(path), *inputs, "--folder", str(folder)]
    launch("pulih.restorer.train", arguments, resolved_processes(config.processes))


def _facts(metrics: dict[str, Any]) -> dict[str, Any]:
    figures = {f"{name}_validation": metrics["validation"][name] for name in ("psnr", "ssim")}
    return figures | {name: metrics[name] for name in ("parameters", "steps", "best_step", "white_page")}
