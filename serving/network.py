"""The network that all requests share: one tile, or one batch of tiles of several requests, at a time."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np

from pulih.common.logging import get_logger
from pulih.restorer.infer import Restorer
from pulih.restorer.tiles import Plane
from serving import metrics
from serving.call import current
from serving.config import ServingConfig

log = get_logger(__name__)
PROBE_SIDE = 256
Run = Callable[[Plane], Plane]


class Turns(Protocol):
    """Who decides when a tile runs, and with which others; ``group`` is equal for tiles that may run together."""

    def __call__(self, run: Run, tile: Plane, group: Hashable) -> Plane:
        """Return the answer of ``run`` to one tile (1, 1, H, W)."""
        ...


class OneByOne:
    """Runs one tile at a time: one uses all threads already, and its memory is the largest there is."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def __call__(self, run: Run, tile: Plane, group: Hashable) -> Plane:
        """Return the answer of ``run`` to one tile (1, 1, H, W)."""
        with self._turn:
            metrics.BATCH.observe(1)
            return run(tile)


class Waiting(NamedTuple):
    """A tile, who answers it, with whom it may share a batch, and its answer to come."""

    run: Run
    tile: Plane
    group: Hashable
    answer: "Future[Plane]"


class Batcher:
    """Runs tiles on a thread of its own; those of one group that arrive within a bounded time run together."""

    def __init__(self, most: int, wait_seconds: float) -> None:
        self._most, self._wait = most, wait_seconds
        self._arriving: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._other: deque[Waiting] = deque()
        threading.Thread(target=self._work, name="network", daemon=True).start()

    def __call__(self, run: Run, tile: Plane, group: Hashable) -> Plane:
        """Return the answer of ``run`` to one tile (1, 1, H, W)."""
        waiting = Waiting(run, tile, group, Future())
        self._arriving.put(waiting)
        return waiting.answer.result()

    def _work(self) -> None:
        while True:
            first = self._other.popleft() if self._other else self._arriving.get()
            self._answer([first, *self._companions(first)])

    def _companions(self, first: Waiting) -> list[Waiting]:
        """Collect tiles of the group of ``first``; others keep their turn, so that none waits for ever."""
        found: list[Waiting] = []
        passed, self._other = self._other, deque()
        for waiting in passed:
            (found if waiting.group == first.group and len(found) < self._most - 1 else self._other).append(waiting)
        deadline = time.monotonic() + self._wait
        while len(found) < self._most - 1:
            try:
                arrived = self._arriving.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            (found if arrived.group == first.group else self._other).append(arrived)
        return found

    def _answer(self, batch: list[Waiting]) -> None:
        try:
            answers = batch[0].run(np.concatenate([waiting.tile for waiting in batch]))
        except BaseException as err:  # noqa: BLE001 - each request reports it
            for waiting in batch:
                waiting.answer.set_exception(err)
            return
        metrics.BATCH.observe(len(batch))
        for number, waiting in enumerate(batch):
            waiting.answer.set_result(answers[number : number + 1])


def turns(config: ServingConfig) -> Turns:
    """Return what lets tiles run as ``config`` says; one for all models of a server."""
    return Batcher(config.batch_tiles, config.batch_wait_ms / 1000) if config.batch_tiles > 1 else OneByOne()


class ServedRestorer(Restorer):
    """A restorer whose tiles take their turn among those of all requests, and stop when nobody waits for them."""

    _turns: Turns | None = None
    _batches = False

    @classmethod
    def serve(cls, folder: Path, config: ServingConfig, shared: Turns) -> Self:
        """Load a verified artifact whose tiles take their turns in ``shared``; raises ArtifactError."""
        made = cls.load(folder, config.threads)
        made._turns, most = shared, config.batch_tiles
        made._batches = most > 1 and _agrees(made._alone, most)
        if most > 1 and not made._batches:
            log.warning("no batching: this model answers %d tiles together otherwise than each alone", most)
        return made

    def run(self, degraded: Plane) -> Plane:
        """Run the network on one tile (1, 1, H, W) when its turn comes; raises Abandoned."""
        if self._turns is None:
            return self._alone(degraded)
        call, started = current(), time.perf_counter()
        call.check()
        group = (id(self), degraded.shape) if self._batches else object()
        answer = self._turns(self._alone, degraded, group)
        call.network += time.perf_counter() - started
        call.tiles += 1
        return answer

    def _alone(self, degraded: Plane) -> Plane:
        return super().run(degraded)


def _agrees(run: Run, most: int) -> bool:
    """Return whether a batch answers each tile, to the last bit, as it is answered alone."""
    tiles = np.random.default_rng(0).random((most, 1, PROBE_SIDE, PROBE_SIDE), np.float32)
    return bool(np.array_equal(run(tiles), np.concatenate([run(tile[None]) for tile in tiles])))
