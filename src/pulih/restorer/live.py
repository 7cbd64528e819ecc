"""What can be watched while a training goes on: its curves as a picture, and in MLflow.

A tracking server that does not answer ends the logging, never the training.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pulih.common.config import read_json
from pulih.common.errors import StoreError
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.restorer.checkpoint import History
from pulih.restorer.curves import draw_curves
from pulih.stores.tracking import Tracking

log = get_logger(__name__)
EXPERIMENT = "pulih-training"
CURVES = "curves.png"
Watch = Callable[[History], None]


@contextmanager
def watched(folder: Path, digest: str, settings: Settings) -> Iterator[Watch]:
    """Yield what is called with the history after every validation.

    It draws ``folder/curves.png`` and, where ``settings.logs_live``, adds what is new to a run of the experiment
    ``pulih-training``, which a resumed training continues.
    """
    live = LiveRun(folder / "state" / "mlflow.json", digest, settings) if settings.logs_live else None
    status = "FAILED"

    def watch(history: History) -> None:
        draw_curves(history, folder / CURVES)
        if live:
            live.add(history)

    try:
        yield watch
        status = "FINISHED"
    finally:
        if live:
            live.end(status)


class LiveRun:
    """The run of one training in MLflow; ``path`` keeps its id and how far it was logged."""

    def __init__(self, path: Path, digest: str, settings: Settings) -> None:
        self.path, self.digest, self.settings = path, digest, settings
        self._tracking: Tracking | None = None
        self._silent = False

    def add(self, history: History) -> None:
        """Log the rows after the last one that was logged."""
        if self._silent:
            return
        try:
            self._add(history)
        except StoreError as err:
            self._silent = True
            log.warning("the curves are no longer logged live, the training goes on: %s", err)

    def _add(self, history: History) -> None:
        if self._tracking is None:
            self._tracking = Tracking(self.settings)
        known = read_json(self.path) if self.path.is_file() else {}
        if known.get("tracking") != self._tracking.address:
            run = self._tracking.begin(EXPERIMENT, f"restorer {self.digest}", {"training": self.digest})
            known = {"tracking": self._tracking.address, "run": run, "step": 0}
        rows = rows_after(history, known["step"])
        self._tracking.add(known["run"], rows)
        last = max((step for step, _, _ in rows), default=known["step"])
        write_json(self.path, known | {"step": last})

    def end(self, status: str) -> None:
        """Close the run as FINISHED or FAILED."""
        if self._tracking is None or self._silent or not self.path.is_file():
            return
        try:
            self._tracking.end(read_json(self.path)["run"], status)
        except StoreError as err:
            log.warning("the live run stays open: %s", err)


def rows_after(history: History, step: int) -> list[tuple[int, str, float]]:
    """Return the figures of later steps as (step, ``phase/name``, value)."""
    return [
        (int(row["step"]), f"{phase}/{name}", float(value))
        for phase, rows in history.items()
        for row in rows
        if row["step"] > step
        for name, value in row.items()
        if name != "step"
    ]
