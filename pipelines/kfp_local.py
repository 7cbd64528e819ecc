"""KFP's local runner, with what it lacks: a log of everything, no traces left behind, no retries."""

import builtins
import copy
import logging
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from pipelines.observer import StageObserver, StageRecord
from pipelines.view import Tee
from pulih.data import manifest


def run_pipeline(
    pipeline: Any,
    arguments: dict[str, Any],
    root: Path,
    log_file: Path,
    observer: StageObserver,
    runner: Any = None,
) -> dict[str, Path]:
    """Run a pipeline here and return the folders of the artifacts it hands out, by name.

    Args:
        root: the tasks' output folders are made here; the cache of finished tasks is beside it.
        runner: one of KFP's; by default tasks are subprocesses of this environment, and are not tried again.

    Raises:
        RuntimeError: a task failed.
    """
    from kfp import local

    if runner is None:
        pipeline, runner = without_retries(pipeline), local.SubprocessRunner(use_venv=False)
    local.init(runner, pipeline_root=str(root), enable_caching=True, cache_root=str(root.parent / "cache"))
    former_print = builtins.print
    logging.getLogger().addFilter(observer)
    try:
        with (
            log_file.open("a", encoding="utf-8", buffering=1) as log,
            redirect_stdout(Tee(sys.stdout, log)),
            warnings.catch_warnings(),
        ):
            warnings.filterwarnings("ignore", message=r"Task '.*': settings \[.*\] have")
            finished = pipeline(**arguments)
    finally:
        logging.getLogger().removeFilter(observer)
        # The runner's indenting print may stay behind.
        builtins.print = former_print
    return {name: Path(artifact.uri) for name, artifact in finished.outputs.items()}


def without_retries(pipeline: Any) -> Any:
    """Return a copy whose tasks are not tried again: here the user repeats the command, and it continues."""
    same = copy.copy(pipeline)
    same.component_spec = copy.deepcopy(pipeline.component_spec)
    spec = same.component_spec.implementation.graph
    graphs = [spec.root.dag, *(component.dag for component in spec.components.values())]
    for task in (task for graph in graphs for task in graph.tasks.values()):
        task.ClearField("retry_policy")
    return same


def finished_artifacts(root: Path, stages: list[StageRecord]) -> dict[str, Path]:
    """Return the folders of the artifacts that the newest execution below ``root`` finished, by their run name."""
    executions = sorted(path for path in root.glob("*") if path.is_dir())
    if not executions:
        return {}
    folders = {stage.artifact: executions[-1] / stage.task / stage.output for stage in stages}
    return {name: folder for name, folder in folders.items() if (folder / manifest.NAME).is_file()}
