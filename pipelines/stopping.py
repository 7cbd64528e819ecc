"""Stopping a local run so that what runs can save its state, and finding what a killed run left behind."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from pulih.common.errors import Interrupted
from pulih.common.logging import get_logger

log = get_logger(__name__)
DRIVER = "PULIH_DRIVER"
AGAIN = "run the same command again to continue"


class Stop:
    """Whether this run was asked to stop; asks the running task to do so."""

    requested = False

    def ask(self, number: int, _frame: FrameType | None) -> None:
        """Handle SIGTERM or SIGINT; raises Interrupted at once when no task runs."""
        self.requested = True
        if not psutil.Process().children():
            raise Interrupted(f"stopped between two tasks; {AGAIN}")
        if number == signal.SIGINT and sys.stdin is not None and sys.stdin.isatty():
            return  # the terminal has sent it to the tasks as well
        for task in running_tasks():
            task.terminate()


def running_tasks(patience: float = 2.0) -> list[psutil.Process]:
    """Return the tasks' processes: the children of the shells that the local runner starts."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        tasks: list[psutil.Process] = [task for shell in psutil.Process().children() for task in _children(shell)]
        if any("python" in _name(task) for task in tasks):
            return tasks
        time.sleep(0.02)
    return list(psutil.Process().children())


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children())
    except psutil.Error:
        return []


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""


@contextmanager
def stop_tasks_on_signal() -> Iterator[Stop]:
    """Pass SIGTERM and Ctrl-C on to the running task; the former handlers come back at the end."""
    stop = Stop()
    former = {number: signal.signal(number, stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def stop_orphans(work_dir: Path, patience: float = 60.0) -> int:
    """End tasks that still work in ``work_dir`` for a run that was killed, and return how many there were."""
    orphans = [process for process in psutil.process_iter() if _is_orphan(process, work_dir)]
    for process in orphans:
        process.terminate()
    if orphans:
        log.warning("a killed run left %d processes at work; they were asked to stop", len(orphans))
    _, stubborn = psutil.wait_procs(orphans, timeout=patience)
    for process in stubborn:
        process.kill()
    return len(orphans)


def _is_orphan(process: psutil.Process, work_dir: Path) -> bool:
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    driver = environment.get(DRIVER, "")
    ours = environment.get("PULIH_WORK_DIR") == str(work_dir) and process.pid != os.getpid()
    return ours and driver.isdigit() and not psutil.pid_exists(int(driver))
