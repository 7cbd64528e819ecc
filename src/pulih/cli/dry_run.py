"""What ``--dry-run`` prints: everything a command would use and do, as JSON, without doing any of it."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from pulih.cli.estimate import BASIS, estimate
from pulih.common.errors import ArtifactError
from pulih.data.manifest import read_manifest

if TYPE_CHECKING:
    from pipelines.profile import Profile
    from pipelines.submit import Order
    from pulih.cli.request import Plan
    from pulih.common.settings import Settings

KINDS = {"recognizer": "recognizer", "evaluator": "recognizer", "restorer": "restorer"}


def as_json(values: dict[str, Any]) -> str:
    """Return ``values`` as the JSON that a dry run prints."""
    return json.dumps(values, indent=2, ensure_ascii=False)


def describe(plan: "Plan") -> dict[str, Any]:
    """Describe one stage: config, digest, inputs, output, command, devices, and what it would cost."""
    return {
        "section": plan.section,
        "config": plan.config.resolved(),
        "config_digest": plan.config.digest(),
        "inputs": {name: _artifact(path) for name, path in plan.inputs.items()},
        "output": str(plan.output) if plan.output else None,
        "output_state": _state(plan),
        "command": _command(plan),
        "devices": devices(plan.output or Path()),
        "estimate": {**estimate(plan.section, plan.config), "basis": BASIS},
    }


def describe_run(profile: "Profile", runs_dir: Path) -> dict[str, Any]:
    """Describe the whole pipeline: every section, the digest, devices, and what it would cost."""
    from pipelines.profile import SECTIONS

    sections = {name: profile.section(name) for name in SECTIONS}
    parts = {name: estimate(name, config) for name, config in sections.items()}
    together = {key: sum(part[key] for part in parts.values()) for key in ("seconds", "disk_mb")}
    return {
        "profile": profile.name,
        "config": {name: config.resolved() for name, config in sections.items()},
        "config_digest": profile.digest(),
        "output": str(runs_dir),
        "command": _own_command(),
        "devices": devices(runs_dir),
        "estimate": {**together, "stages": parts, "basis": BASIS},
    }


def describe_submission(profile: "Profile", settings: "Settings", order: "Order") -> dict[str, Any]:
    """Describe what would be submitted, and where to."""
    return {
        "profile": profile.name,
        "pipeline": order.pipeline,
        "experiment": order.experiment,
        "run_name": order.name(profile),
        "cron": order.cron,
        "config_digest": profile.digest_for(order.pipeline),
        "host": settings.kfp_host,
        "namespace": settings.kfp_namespace,
        "service_account": settings.kfp_service_account,
        "authenticated": settings.kfp_bearer() is not None,
        "arguments": profile.arguments_for(order.pipeline),
        "command": _own_command(),
    }


def devices(folder: Path) -> dict[str, Any]:
    """Return the cores, GPUs, memory and disk that a stage finds."""
    import torch

    existing = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
    return {
        "cpu_cores": len(os.sched_getaffinity(0)),
        "gpus": [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())],
        "memory_free_gib": round(psutil.virtual_memory().available / 2**30, 1),
        "disk_free_gib": round(shutil.disk_usage(existing).free / 2**30, 1),
    }


def _own_command() -> str:
    return shlex.join(["pulih", *(argument for argument in sys.argv[1:] if argument != "--dry-run")])


def _artifact(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {"path": None, "digest": None}
    try:
        return {"path": str(path), "digest": read_manifest(path).digest()}
    except ArtifactError:
        return {"path": str(path), "digest": None}


def _state(plan: "Plan") -> str | None:
    """Tell what a training would find in its output folder; None where that cannot be told beforehand."""
    from pulih.data.workspace import state_of

    kind = KINDS.get(plan.section)
    parents = {name: path for name, path in plan.inputs.items() if path is not None}
    if kind is None or plan.output is None or len(parents) < len(plan.inputs):
        return None
    try:
        return state_of(kind, plan.config, parents, plan.output)
    except ArtifactError:
        return None


def _command(plan: "Plan") -> str:
    """Return the training's own command (torchrun with several processes), or that of this stage."""
    kind = KINDS.get(plan.section)
    if kind is None or plan.output is None:
        return _own_command()
    from pulih.common.dist import command, resolved_processes

    processes = resolved_processes(plan.config.resolved()["processes"])
    inputs = [text for name, path in plan.inputs.items() for text in (f"--{name}", str(path))]
    arguments = ["--config", str(plan.output / "state" / "config.json"), *inputs, "--folder", str(plan.output)]
    return shlex.join(command(f"pulih.{kind}.train", arguments, processes))
