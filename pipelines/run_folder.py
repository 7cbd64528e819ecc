"""The folder of one local run: what was asked, how it went, and links to every artifact."""

import os
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import psutil

from pipelines.observer import StageRecord, stages_of_a_run
from pipelines.profile import Profile
from pulih import __version__
from pulih.common.config import read_json
from pulih.common.files import write_json
from pulih.common.version import git_commit, source_digest
from pulih.data import manifest
from pulih.data.workspace import publish

RunStatus = Literal["running", "approved", "refused", "failed", "interrupted"]
TOOLS = ("kfp", "torch", "onnxruntime", "mlflow", "kserve", "feast", "evidently")


@dataclass
class Run:
    """One local run; ``save`` writes it to ``run.json`` of its folder."""

    folder: Path
    profile: Profile
    status: RunStatus = "running"
    failure: str | None = None
    attempts: int = 1
    started: float = field(default_factory=time.time)
    stages: list[StageRecord] = field(default_factory=stages_of_a_run)

    @property
    def log_file(self) -> Path:
        """Everything that the run printed."""
        return self.folder / "run.log"

    def save(self) -> None:
        """Write ``run.json``."""
        values = {
            "id": self.folder.name,
            "profile": self.profile.name,
            "config_digest": self.profile.digest(),
            "config": self.profile.model_dump(mode="json"),
            "status": self.status,
            "failure": self.failure,
            "attempts": self.attempts,
            "started": datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self.started, 1),
            "stages": [asdict(stage) for stage in self.stages],
            "versions": versions(),
            "machine": machine(),
        }
        write_json(self.folder / "run.json", values)

    def collect(self, made: Mapping[str, Path]) -> None:
        """Link every artifact into the folder, check it, and write all figures to ``metrics.json``.

        Args:
            made: the artifacts' folders by the name they get in the run.

        Raises:
            ArtifactError: an artifact was altered since it was made.
        """
        figures: dict[str, Any] = {}
        for stage in self.stages:
            if stage.artifact not in made:
                continue
            source, target = made[stage.artifact], self.folder / stage.artifact
            sealed = manifest.read_manifest(source)
            shutil.rmtree(target, ignore_errors=True)
            publish(source, target, sealed)
            manifest.verify(target, sealed.kind)
            # A stage that finds its work done links the old files: they are older than the task.
            if stage.status == "done" and (source / manifest.NAME).stat().st_mtime < stage.started:
                stage.status = "reused"
            figures[stage.artifact] = {"digest": sealed.digest(), **sealed.facts}
        self.status = "approved" if figures["decision"]["approved"] else "refused"
        for stage in self.stages:
            stage.status = "skipped" if stage.status == "pending" else stage.status
        seconds = {stage.name: stage.seconds for stage in self.stages}
        about = {"run": self.folder.name, "status": self.status, "seconds": seconds}
        write_json(self.folder / "metrics.json", about | figures)


def versions() -> dict[str, str]:
    """Return what code and which libraries make the run."""
    tools = {name: version(name) for name in TOOLS}
    own = {"pulih": __version__, "code": source_digest(), "commit": git_commit()}
    return own | {"python": platform.python_version()} | tools


def machine() -> dict[str, Any]:
    """Return what the run has to work with."""
    memory = round(psutil.virtual_memory().total / 2**30, 1)
    return {"cores": len(os.sched_getaffinity(0)), "memory_gib": memory, "system": platform.platform()}


def open_run(profile: Profile, runs_dir: Path) -> Run:
    """Take up the newest unfinished run of the same profile, or begin a new one named by time, profile and digest."""
    suffix = f"-{profile.name}-{profile.digest()}"
    former = sorted(runs_dir.glob(f"*{suffix}/run.json"))
    if former:
        known = read_json(former[-1])
        if known["status"] in ("running", "failed", "interrupted"):
            return Run(former[-1].parent, profile, attempts=known["attempts"] + 1)
    return Run(runs_dir / f"{datetime.now():%Y%m%d-%H%M%S}{suffix}", profile)


def point_latest_at(folder: Path) -> None:
    """Let ``latest`` in the runs folder point at this run."""
    link = folder.with_name("latest")
    temporary = folder.with_name(f".latest-{os.getpid()}")
    temporary.symlink_to(folder.name)
    temporary.replace(link)
