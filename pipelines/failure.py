"""Why a task failed, as its output tells it: the tasks of a local run are processes that only print."""

import re
from pathlib import Path

from pulih.common import errors

RAISED = re.compile(r"^\s*(?P<module>[\w.]+\.)?(?P<name>\w*(?:Error|Refused|Interrupted)): (?P<text>.+)$", re.MULTILINE)


class TaskFailed(errors.PulihError):
    """A task of a run failed; the exit code is that of the error it raised."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def failure_of(task: str, log_file: Path, since: int) -> TaskFailed:
    """Return the failure of ``task`` with the last error that its output tells.

    Args:
        log_file: what the tasks printed; what an earlier attempt had told is not this one's reason.
        since: where this attempt's output begins, in bytes.
    """
    told = log_file.read_bytes()[since:].decode(errors="replace")
    raised = list(RAISED.finditer(told))
    name, text = (raised[-1]["name"], raised[-1]["text"]) if raised else ("", "it told no reason: was it killed?")
    code = getattr(errors, name, errors.PulihError).exit_code
    return TaskFailed(f"the stage '{task}' failed: {text}\nIts output is in {log_file}", code)
