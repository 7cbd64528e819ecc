"""``pulih run``: the training pipeline on this machine, each task a subprocess of this very environment."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.failure import failure_of
from pipelines.observer import StageObserver
from pipelines.profile import Profile
from pipelines.run_folder import Run, open_run, point_latest_at
from pipelines.stopping import DRIVER, Stop, stop_orphans, stop_tasks_on_signal
from pulih.common import errors
from pulih.common.lock import only_process
from pulih.common.logging import configure_logging

QUIET = {"PYTHONUNBUFFERED": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}


def run_profile(profile: Profile, runs_dir: Path, fresh: bool = False) -> Run:
    """Run the whole pipeline and return its run: approved, or refused by the gate.

    Args:
        runs_dir: the run's folder is made here; ``work/`` and ``kfp/`` beside it hold what later runs reuse.
        fresh: reuse nothing of earlier runs; ``work/`` and ``kfp/`` are then in the run's own folder.

    Raises:
        TaskFailed: a task failed; it is named, with the reason and the log.
        Interrupted: the run was asked to stop; the task at work saved its state.
        ArtifactError: an artifact was altered after its stage had sealed it.
        FolderBusy: another run is at work in ``runs_dir``.
    """
    runs_dir = runs_dir.resolve()
    with only_process(runs_dir):
        run = open_run(profile, runs_dir)
        store = run.folder if fresh else runs_dir
        configure_logging(run.log_file)
        stop_orphans(store / "work")
        with _environment(runs_dir, store / "work"), stop_tasks_on_signal() as stop:
            _carry_out(run, store / "kfp" / run.folder.name, stop)
    point_latest_at(run.folder)
    return run


def _carry_out(run: Run, root: Path, stop: Stop) -> None:
    from pipelines.kfp_local import finished_artifacts, run_pipeline
    from pipelines.training import training

    run.save()
    told_before = run.log_file.stat().st_size if run.log_file.exists() else 0
    observer = StageObserver(run.stages, run.save)
    try:
        made = run_pipeline(training, run.profile.arguments(), root, run.log_file, observer)
        run.collect(finished_artifacts(root, run.stages) | made)
        run.save()
    except errors.PulihError as err:
        raise _noted(run, err) from err.__cause__
    except RuntimeError as err:
        failed = next((stage.name for stage in run.stages if stage.status == "failed"), "unknown")
        reason = _stopped() if stop.requested else failure_of(failed, run.log_file, told_before)
        raise _noted(run, reason) from err


def _noted(run: Run, err: errors.PulihError) -> errors.PulihError:
    run.status = "interrupted" if isinstance(err, errors.Interrupted) else "failed"
    run.failure = str(err)
    for stage in run.stages:
        stage.status = run.status if stage.status in ("running", "failed") else stage.status
    run.save()
    return err


def _stopped() -> errors.Interrupted:
    return errors.Interrupted("the run was stopped; run the same command again to continue")


@contextmanager
def _environment(runs_dir: Path, work_dir: Path) -> Iterator[None]:
    """Tell the tasks where to work, and give them a temporary folder that goes with the run."""
    former = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="pulih-run-", ignore_cleanup_errors=True) as temporary:
        places = {"PULIH_RUNS_DIR": str(runs_dir), "PULIH_WORK_DIR": str(work_dir), "TMPDIR": temporary}
        os.environ.update(places | QUIET | {DRIVER: str(os.getpid())})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(former)
