"""The chain of stages: how each went and how long it took, and the files they left."""

from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.data import manifest

FILES = (
    ("metrics.json", "every figure of the run"),
    ("run.json", "what was asked and how it went"),
    ("run.log", "everything the run printed"),
    ("evaluation/report.html", "the evaluation: figures by severity and font, lines to look at"),
    ("evaluation/per_line.parquet", "one row per line and method"),
    ("restorer/MODEL_CARD.md", "the model card"),
    ("restorer/model.onnx", "the model as it is served"),
    ("restorer/model.safetensors", "the model's weights"),
    ("decision/decision.json", "the gate's decision, rule by rule"),
    ("deployment/deployment.json", "what the endpoint answered"),
    ("drift/drift.html", "the drift report with its gallery"),
    ("drift/evidently.html", "Evidently's own report"),
)


def read_run(run: Path) -> dict[str, Any]:
    """Return ``run.json``; raises ArtifactError when the folder is not that of a run."""
    if not (run / "run.json").is_file():
        raise ArtifactError(f"a run at {run}", "no run.json", "Name a folder that `pulih run` made.")
    return read_json(run / "run.json")


def stage_rows(about: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the stages with their share of the longest stage's time (0..1)."""
    longest = max((stage["seconds"] for stage in about["stages"]), default=0.0) or 1.0
    return [stage | {"share": stage["seconds"] / longest} for stage in about["stages"]]


def sealed(run: Path, artifact: str) -> manifest.Manifest | None:
    """Return the manifest of an artifact of the run, or None where the run did not come that far."""
    return manifest.read_manifest(run / artifact) if (run / artifact / manifest.NAME).is_file() else None


def files(run: Path) -> list[dict[str, str]]:
    """Return the files worth opening that the run has, with what they are."""
    return [{"path": path, "what": what} for path, what in FILES if (run / path).is_file()]
