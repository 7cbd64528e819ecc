"""Following a TrainJob: the words of its first node are passed on, and how it ends is told."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any

from pulih.common.errors import ClusterError, PulihError
from pulih.common.logging import get_logger
from pulih.trainjob.job import CONTAINER, Job, node_of, trouble_of

log = get_logger(__name__)
TAIL_LINES = 20
# An API server that restarts, or a network that is away, must not cost a training of days.
SILENCE_SECONDS = 600.0


class TrainingFailed(PulihError):
    """The training on the nodes failed; the end of their logs is in the message."""


@dataclass
class Watch:
    """What has been told already."""

    job: Job
    poll_seconds: float
    _told: dict[str, str] = field(default_factory=dict)
    _troubles: dict[str, str] = field(default_factory=dict)

    def until_complete(self) -> None:
        """Pass on what the first node tells until the TrainJob is complete.

        Raises:
            TrainingFailed: it failed, or somebody deleted or suspended it.
            ClusterError: the API server does not answer for ten minutes, or refuses.
        """
        heard = time.monotonic()
        while True:
            try:
                if self._look():
                    return
                heard = time.monotonic()
            except ClusterError as err:
                refused = 400 <= getattr(err, "status", 0) < 500 and getattr(err, "status", 0) not in (404, 429)
                if refused or time.monotonic() - heard > SILENCE_SECONDS:
                    raise
                log.warning("the TrainJob %s is looked at again: %s", self.job.name, err)
            time.sleep(self.poll_seconds)

    def _look(self) -> bool:
        state, why = self.job.state()
        pods = self.job.pods()
        for pod in pods:
            self._note(pod)
            if node_of(pod) == 0:
                self._pass_on(pod)
        if state in ("active", "complete"):
            return state == "complete"
        ends = "\n".join(self._end_of(pod) for pod in pods if pod["status"].get("phase") != "Succeeded")
        raise TrainingFailed(f"the TrainJob {self.job.name} is {state}: {why}\n{ends}".rstrip())

    def _note(self, pod: dict[str, Any]) -> None:
        name, trouble = pod["metadata"]["name"], trouble_of(pod)
        if trouble and self._troubles.get(name) != trouble:
            log.warning("node %d (%s): %s", node_of(pod), name, trouble)
        self._troubles[name] = trouble

    def _pass_on(self, pod: dict[str, Any]) -> None:
        name = pod["metadata"]["name"]
        if pod["status"].get("phase") not in ("Running", "Succeeded", "Failed"):
            return
        last = self._told.get(name, "")
        # Kubernetes takes whole seconds here; lines of the same second that were passed on already are left out.
        query = {"timestamps": "true"} | ({"sinceTime": f"{last[:19]}Z"} if last else {})
        for line in self._log(pod, **query).splitlines():
            stamp, _, text = line.partition(" ")
            if stamp > last:
                sys.stdout.write(f"{text}\n")
                self._told[name] = stamp
        sys.stdout.flush()

    def _end_of(self, pod: dict[str, Any]) -> str:
        title = f"-- node {node_of(pod)} ({pod['metadata']['name']}): {trouble_of(pod) or 'no reason given'}"
        return f"{title}\n{self._log(pod, tailLines=str(TAIL_LINES)).rstrip()}"

    def _log(self, pod: dict[str, Any], **query: str) -> str:
        try:
            return self.job.cluster.log(pod["metadata"]["name"], CONTAINER, **query)
        except ClusterError as err:
            # A pod that was evicted or whose node is lost has no log; that must not hide how it ended.
            return "" if "sinceTime" in query else f"(no log: {err.found})\n"
