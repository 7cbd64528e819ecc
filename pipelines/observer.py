"""What the local runner does, task by task, read from its own log records."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["pending", "running", "done", "reused", "failed", "interrupted", "skipped"]
# Names of tasks and statuses come quoted and coloured.
STARTED = re.compile(r"^Executing task \S*'(?P<task>[\w-]+)'")
ENDED = re.compile(r"^Task \S*'(?P<task>[\w-]+)'\S* finished with status \S*(?P<status>SUCCESS|FAILURE)")
REUSED = re.compile(r"^Task (?P<task>[\w-]+) cache hit")


@dataclass
class StageRecord:
    """One stage of a run: the pipeline's task and its output, the artifact's name in the run, and how it went."""

    name: str
    task: str
    output: str
    artifact: str
    status: Status = "pending"
    started: float = 0.0
    seconds: float = 0.0


def stages_of_a_run() -> list[StageRecord]:
    """Return the stages in the order of the pipeline, none of them started."""
    return [
        StageRecord("synthesis", "synthesize", "lines", "lines"),
        StageRecord("recognizer", "train-recognizer", "recognizer", "recognizer"),
        StageRecord("evaluator", "train-recognizer-2", "recognizer", "evaluator"),
        StageRecord("restorer", "train-restorer", "restorer", "restorer"),
        StageRecord("evaluation", "evaluate", "evaluation", "evaluation"),
        StageRecord("gate", "gate", "decision", "decision"),
        StageRecord("registry", "register", "registration", "registration"),
        StageRecord("deployment", "deploy", "deployment", "deployment"),
        StageRecord("drift", "drift", "drift", "drift"),
    ]


class StageObserver(logging.Filter):
    """Sits on the root logger, lets every record pass, and keeps the stages' records up to date.

    A filter, because the runner replaces the root logger's handlers while a task runs.
    """

    def __init__(self, stages: list[StageRecord], changed: Callable[[], None]) -> None:
        super().__init__()
        self.stages = {stage.task: stage for stage in stages}
        self.changed = changed

    def filter(self, record: logging.LogRecord) -> bool:
        """Note what the record tells about a task."""
        text = record.getMessage()
        for pattern, note in ((STARTED, self._start), (ENDED, self._end), (REUSED, self._reuse)):
            match = pattern.match(text)
            if match and match["task"] in self.stages:
                note(self.stages[match["task"]], match)
                self.changed()
        return True

    def _start(self, stage: StageRecord, _match: re.Match[str]) -> None:
        # The runner would go on with every task that does not need the failed one.
        if any(other.status == "failed" for other in self.stages.values()):
            raise RuntimeError(f"a task failed before '{stage.task}', which is not started")
        stage.status, stage.started = "running", time.time()

    def _end(self, stage: StageRecord, match: re.Match[str]) -> None:
        stage.status = "done" if match["status"] == "SUCCESS" else "failed"
        stage.seconds = round(time.time() - stage.started, 2)

    def _reuse(self, stage: StageRecord, _match: re.Match[str]) -> None:
        stage.status, stage.started = "reused", time.time()
