"""Starting a training in child processes, and what parent and children owe each other."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from pulih.common.errors import Interrupted, PulihError, UserError
from pulih.common.files import write_json
from pulih.common.logging import get_logger

log = get_logger(__name__)
REPORT_VARIABLE = "PULIH_ERROR_REPORT"


def command(module: str, arguments: Sequence[str], processes: int) -> list[str]:
    """Return the command that runs ``python -m module`` in ``processes`` ranks on this machine."""
    python = [sys.executable, "-m"]
    if processes == 1:
        return [*python, module, *arguments]
    torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [*python, *torchrun, "-m", module, *arguments]


def launch(module: str, arguments: Sequence[str], processes: int) -> None:
    """Run a training module in child processes, pass on SIGTERM and Ctrl-C, and wait for it.

    Raises:
        Interrupted: the training was asked to stop and saved its state.
        UserError: it reported one through ``reporting``.
        PulihError: it failed; its own output, streamed before, says why.
    """
    with tempfile.TemporaryDirectory(prefix="pulih-") as folder:
        report = Path(folder) / "error.json"
        threads = str(max(1, len(os.sched_getaffinity(0)) // processes))
        environment = {**os.environ, "OMP_NUM_THREADS": threads, REPORT_VARIABLE: str(report)}
        stopped, code = _run(command(module, arguments, processes), environment)
        if code != 0:
            raise _error(module, code, stopped, report)


def _run(arguments: list[str], environment: dict[str, str]) -> tuple[bool, int]:
    # Nothing is ever written to this pipe: it closes when this process ends, even by SIGKILL.
    child = subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE)
    stopped = False

    def forward(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        child.send_signal(number)

    former = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        code = child.wait()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return stopped, code


def _error(module: str, code: int, stopped: bool, report: Path) -> PulihError:
    if report.is_file():
        fields = json.loads(report.read_text(encoding="utf-8"))
        return UserError(fields["expected"], fields["found"], fields["fix"])
    # torchrun does not hand on the exit code of its ranks, so what was asked decides too.
    if stopped or code in (Interrupted.exit_code, -signal.SIGTERM, -signal.SIGINT):
        return Interrupted(f"{module} was stopped; run the same command again to continue")
    return PulihError(f"{module} ended with exit code {code}; the reason is in its output above")


def reporting(work: Callable[[], None]) -> int:
    """Run the work of one rank and return its exit code.

    A ``launch`` that waits for it is told of a user's fault; when that one dies, this process gets a SIGTERM.
    """
    report = os.environ.get(REPORT_VARIABLE)
    if report:
        threading.Thread(target=_watch_launcher, daemon=True).start()
    try:
        work()
    except PulihError as err:
        failure = err
    else:
        return 0
    log.error("%s", failure)
    if report and isinstance(failure, UserError):
        write_json(Path(report), {"expected": failure.expected, "found": failure.found, "fix": failure.fix})
    return failure.exit_code


def _watch_launcher() -> None:
    # torchrun's ranks inherit the pipe as their standard input too.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
