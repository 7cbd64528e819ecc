"""Timing tasks against each other: every round does each task once, so that what slows the machine slows them all."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pulih.common.progress import track
from pulih.common.seed import generator


@dataclass(frozen=True)
class Task:
    """Something to time: ``kind`` is what is done, ``name`` by whom, ``items`` how many things one run makes."""

    kind: str
    name: str
    items: int
    run: Callable[[], object]


@dataclass(frozen=True)
class Spread:
    """The median of a figure over the rounds, and its smallest and largest value."""

    median: float
    low: float
    high: float


def interleaved(tasks: Sequence[Task], rounds: int, seed: int) -> pd.DataFrame:
    """Run every task once to warm up, then once per round in a new order; return a row per task and round.

    Columns: kind, name, round, and seconds per item: ``wall`` and, over all threads of this process, ``cpu``.
    """
    for task in tasks:
        task.run()
    rows = []
    for number in track(range(rounds), "rounds", total=rounds):
        order = generator(seed, "order", number).permutation(len(tasks))
        for task in (tasks[index] for index in order):
            started, started_cpu = time.perf_counter(), time.process_time()
            task.run()
            wall, cpu = time.perf_counter() - started, time.process_time() - started_cpu
            rows.append((task.kind, task.name, number, wall / task.items, cpu / task.items))
    return pd.DataFrame(rows, columns=["kind", "name", "round", "wall", "cpu"])


def spread(rows: pd.DataFrame, column: str) -> Spread:
    """Return the spread of a column over the rounds of one task."""
    return _spread(rows[column].to_numpy(dtype=np.float64))


def ratio(rows: pd.DataFrame, reference: pd.DataFrame, column: str) -> Spread:
    """Return how many times as long one task took as another, round by round."""
    pairs = rows.set_index("round")[column] / reference.set_index("round")[column]
    return _spread(pairs.to_numpy(dtype=np.float64))


def _spread(values: "np.typing.NDArray[np.float64]") -> Spread:
    return Spread(float(np.median(values)), float(values.min()), float(values.max()))
