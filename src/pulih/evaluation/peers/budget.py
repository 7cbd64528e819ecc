"""From a budget to optimizer steps: seconds of processor time become steps by measuring what a step costs."""

import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pulih.common.config import digest_of, read_json
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.restorer.checkpoint import Progress

log = get_logger(__name__)
PROBES = 16
PROBED_SCHEDULE = 1000  # steps of the schedule along which a step's cost is measured


class Steppable(Protocol):
    """A training whose steps can be made at any place of its schedule."""

    progress: Progress

    def advance(self) -> None:
        """Make the step ``progress.step``."""
        ...


def cost_per_step(training: Steppable, probes: int = PROBES) -> float:
    """Return the mean processor seconds of a step, probed at evenly spaced places of a ``PROBED_SCHEDULE``.

    The places cover the schedule, so that phases in which a step costs more weigh as much as they last. The training
    is spoiled afterwards.
    """
    places = ((np.arange(probes) + 0.5) * PROBED_SCHEDULE / probes).astype(int).tolist()
    for place in (places[0], places[-1]):  # the first steps of each kind also pay for memory and caches
        _make(training, place)
    started = time.process_time()
    for place in places:
        _make(training, place)
    return (time.process_time() - started) / probes


def _make(training: Steppable, place: int) -> None:
    training.progress.step = place
    training.advance()


class Plan:
    """The steps of one training, in a file, so that a resumed run keeps them."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path, self.owner = path, owner

    def read(self) -> int | None:
        """Return the planned steps, or None when there is no plan of this owner."""
        values = noted(self.path, self.owner)
        return int(values["steps"]) if values else None

    def write(self, cpu_seconds: float, cost: float) -> int:
        """Plan as many steps of ``cost`` seconds as ``cpu_seconds`` allow, at least one, and return them."""
        steps = max(1, round(cpu_seconds / cost))
        log.info("%s: a step costs %.3f s of CPU, so %d steps", self.path.stem, cost, steps)
        write_json(self.path, {"owner": self.owner, "steps": steps, "seconds_per_step": cost})
        return steps


def noted(path: Path, owner: str) -> dict[str, Any] | None:
    """Return what was noted of a training in a file, or None when there is nothing of this owner."""
    values = read_json(path) if path.is_file() else None
    return values if values and values["owner"] == owner else None


def owner_of(*parts: str) -> str:
    """Return what identifies a plan: digests of the config, the lines and the recognizer."""
    return digest_of(parts)
