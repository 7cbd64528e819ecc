"""Worker processes with a deadline: one that is stuck or dies is replaced, and its task is told to have failed."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from pulih.batch.task import Done, Failed, Setup, Task
from pulih.batch.worker import READY, run_worker
from pulih.common.errors import PulihError
from pulih.common.logging import get_logger

log = get_logger(__name__)
START_SECONDS = 300.0
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# Spawned, because forking a process that holds the threads of OpenCV or onnxruntime may lock up.
CONTEXT = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    deadline: float
    ready: bool = False
    task: Task | None = None

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool:
    """``size`` workers, started when they are needed; use it in a ``with`` block, which ends them all."""

    def __init__(self, size: int, setup: Setup, timeout: float) -> None:
        self._size, self._setup, self._timeout = size, setup, timeout
        self._workers: list[_Worker] = []

    def __enter__(self) -> "Pool":
        return self

    def start(self) -> None:
        """Start the workers unless they are running."""
        if not self._workers:
            self._workers = [self._started() for _ in range(self._size)]

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def _started(self) -> _Worker:
        here, there = CONTEXT.Pipe()
        process = CONTEXT.Process(target=run_worker, args=(there, self._setup), daemon=True)
        with _one_thread():
            process.start()
        there.close()
        return _Worker(process, here, time.monotonic() + START_SECONDS)

    @property
    def tasks(self) -> list[Task]:
        """The tasks in work."""
        return [worker.task for worker in self._workers if worker.task]

    @property
    def idle(self) -> int:
        """How many tasks can be given now."""
        return sum(worker.ready and worker.task is None for worker in self._workers)

    def give(self, task: Task) -> None:
        """Give a task to an idle worker."""
        worker = next(worker for worker in self._workers if worker.ready and worker.task is None)
        worker.task, worker.deadline = task, time.monotonic() + self._timeout
        with suppress(OSError):
            # A worker that died meanwhile is found by `answers`, with this task.
            worker.pipe.send(task)

    def answers(self, seconds: float) -> Iterator[tuple[Task, Done | Failed]]:
        """Wait at most so long and yield what became of tasks.

        Raises:
            PulihError: a worker cannot start; the message says why.
        """
        busy = {worker.pipe: worker for worker in self._workers if worker.task or not worker.ready}
        ended = {worker.process.sentinel: worker for worker in self._workers}
        connection.wait([*busy, *ended], timeout=seconds)
        for index, worker in enumerate(self._workers):
            answered = self._heard(worker)
            if isinstance(answered, Failed) and answered.again and not worker.process.is_alive():
                self._workers[index] = self._started()
            if answered is not None and worker.task:
                task, worker.task = worker.task, None
                yield task, answered

    def _heard(self, worker: _Worker) -> Done | Failed | None:
        if worker.pipe.poll():
            try:
                message = worker.pipe.recv()
            except (EOFError, OSError):
                return self._lost(worker)
            return self._understood(worker, message)
        if not worker.process.is_alive():
            return self._lost(worker)
        if (worker.task or not worker.ready) and time.monotonic() > worker.deadline:
            worker.end()
            if not worker.ready:
                raise PulihError(f"a worker did not start within {START_SECONDS:.0f} s; the log may say why")
            return Failed(f"not done within {self._timeout:g} s; its process was ended", again=True)
        return None

    def _understood(self, worker: _Worker, message: object) -> Done | Failed | None:
        if message == READY:
            worker.ready = True
            return None
        assert isinstance(message, Done | Failed)
        if not worker.ready:
            raise PulihError(f"a worker cannot start: {message}")
        return message

    def _lost(self, worker: _Worker) -> Failed:
        worker.end()
        code = worker.process.exitcode
        if not worker.ready:
            raise PulihError(f"a worker ended while it started, exit code {code}; the log may say why")
        reason = f"its process ended with exit code {code}" + (" (killed: out of memory?)" if code == -9 else "")
        return Failed(reason, again=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have a process that is started use one thread for its matrices: the workers share the cores among themselves.

    NumPy reads these when it is imported, which is before a worker's first line.
    """
    former = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
