"""A run on a Kubeflow Pipelines server, followed to its end: what its tasks do, what they tell, what came of it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipelines.server import Server, ServerRefused
from pulih.common.errors import GateRefused, Interrupted, PulihError, StoreError
from pulih.common.interrupt import stop_on_signal
from pulih.common.logging import get_logger

log = get_logger(__name__)
Tell = Callable[[str], None]
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
EXECUTOR = "executor"
# A server that restarts, or a network that is away, must not cost the watch over a run of days.
SILENCE_SECONDS = 600.0
ATTEMPTS = 3


class RunFailed(PulihError):
    """The run ended otherwise than it should; its failed tasks are in the message."""


@dataclass(frozen=True)
class Task:
    """A task of a run, as its detail says."""

    detail: dict[str, Any]

    @property
    def name(self) -> str:
        """The name that the interface shows."""
        return str(self.detail.get("display_name", ""))

    @property
    def state(self) -> str:
        """One of the API's runtime states."""
        return str(self.detail.get("state", "PENDING"))

    @property
    def pod(self) -> str:
        """The name by which the task's log is asked for, if it has a pod."""
        return str(self.detail.get("pod_name", ""))

    @property
    def is_pod(self) -> bool:
        """Whether this is the pod of a component, and not the component, its driver, or the whole."""
        return self.name.startswith(EXECUTOR)

    @property
    def is_component(self) -> bool:
        """Whether this is what a person calls a task."""
        return bool(self.name) and not self.is_pod and not self.name.endswith("-driver") and self.name != "root"

    def children(self) -> list[str]:
        """Return the pods that this task leads to."""
        return [str(child.get("pod_name")) for child in self.detail.get("child_tasks") or []]


def tasks_of(run: dict[str, Any]) -> list[Task]:
    """Return the tasks that a run tells of."""
    return [Task(detail) for detail in (run.get("run_details") or {}).get("task_details") or []]


def component_of(pod: Task, tasks: list[Task]) -> str:
    """Return the name of the component that a pod carries out; a repeated one hangs on another pod's entry."""
    parents = {child: task for task in tasks for child in task.children()}
    current, seen = pod, {pod.pod}
    while current.is_pod and current.pod in parents and parents[current.pod].pod not in seen | {""}:
        current = parents[current.pod]
        seen.add(current.pod)
    return pod.pod if current.is_pod else current.name


@dataclass
class Follower:
    """What has been told of a run already."""

    server: Server
    run_id: str
    tell: Tell
    poll_seconds: float = 5.0
    _states: dict[str, str] = field(default_factory=dict)
    _logs: dict[str, threading.Thread] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)

    def until_ended(self) -> dict[str, Any]:
        """Tell of states and logs until the run has ended, and return it.

        Raises:
            Interrupted: SIGTERM or Ctrl-C; the run itself goes on.
            StoreError: the server refuses, or does not answer for ten minutes.
        """
        heard = time.monotonic()
        with stop_on_signal() as stop:
            while not stop.requested:
                try:
                    run = self._look()
                    heard = time.monotonic()
                    if run.get("state") in ENDED:
                        self._hear_out()
                        return run
                except StoreError as err:
                    if isinstance(err, ServerRefused) or time.monotonic() - heard > SILENCE_SECONDS:
                        raise
                    log.warning("the run %s is looked at again: %s", self.run_id, err)
                time.sleep(self.poll_seconds)
        raise Interrupted(f"the run {self.run_id} is no longer followed; it goes on")

    def _look(self) -> dict[str, Any]:
        run = self.server.run(self.run_id)
        tasks = tasks_of(run)
        for number, task in enumerate(tasks):
            if task.is_component and self._states.get(task.pod or str(number)) != task.state:
                self._states[task.pod or str(number)] = task.state
                self.tell(f"{task.name:<24} {task.state}")
            if task.state in ENDED:
                self._over.add(task.pod)
            if task.is_pod and task.pod not in self._logs and task.state in ("RUNNING", "SUCCEEDED", "FAILED"):
                name = component_of(task, tasks)
                self._logs[task.pod] = threading.Thread(target=self._pass_on, args=(task.pod, name), daemon=True)
                self._logs[task.pod].start()
        return run

    def _pass_on(self, pod: str, name: str) -> None:
        attempts = 0
        while attempts < ATTEMPTS:
            # A connection that is lost while the pod works counts for nothing.
            attempts += pod in self._over
            try:
                self._read(pod, name)
            except StoreError as err:
                reason = err
                time.sleep(self.poll_seconds)
            else:
                return
        log.warning("no (more) log of %s: %s", name, reason)

    def _read(self, pod: str, name: str) -> None:
        for number, line in enumerate(self.server.log(self.run_id, pod)):
            if number >= self._told.get(pod, 0):
                self._told[pod] = number + 1
                self.tell(f"{name} | {line}")

    def _hear_out(self) -> None:
        deadline = time.monotonic() + 10 * self.poll_seconds
        for thread in self._logs.values():
            thread.join(max(0.0, deadline - time.monotonic()))


def conclude(run: dict[str, Any], address: str, gated: bool) -> str:
    """Return what is to be said of a run that has ended well.

    Args:
        gated: whether its pipeline registers only what a gate approves.

    Raises:
        GateRefused: everything ran, and the gate refused the restorer.
        RunFailed: it failed, was cancelled, or does not tell what the gate decided.
    """
    tasks = tasks_of(run)
    if run.get("state") != "SUCCEEDED":
        failed = sorted({task.name for task in tasks if task.is_component and task.state == "FAILED"})
        reason = (run.get("error") or {}).get("message", "")
        where = f" in {', '.join(failed)}" if failed else ""
        raise RunFailed(" ".join(filter(None, (f"the run ended as {run.get('state')}{where}:", reason, address))))
    if not gated:
        return f"done: {address}"
    done = {task.name for task in tasks if task.state == "SUCCEEDED"}
    if "register" in done:
        return f"approved by the gate and registered: {address}"
    if "gate" in done:
        raise GateRefused(f"the gate refused the restorer of this run: {address}")
    raise RunFailed(f"the run succeeded, and the server does not tell what its gate decided: look at {address}")
