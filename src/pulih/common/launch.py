"""Starting a training in child processes, and what parent and children owe each other."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

from pulih.common.errors import ConfigError, Interrupted, PulihError, TrainingFailed, UserError
from pulih.common.files import write_json
from pulih.common.logging import configure_logging, get_logger

log = get_logger(__name__)
REPORT_VARIABLE = "PULIH_ERROR_REPORT"
FAILED = "failed"  # in a report, the reason why a training's own alarms stopped it


@dataclass(frozen=True)
class Nodes:
    """The machines or pods of one training, and where the first one, of rank 0, is met."""

    count: int = 1
    rank: int = 0
    address: str = ""
    port: int = 29400

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read torchrun's own variables, in which a TrainJob of Kubeflow Trainer tells each pod its place.

        Raises:
            ConfigError: they are no numbers, or contradict each other.
        """
        try:
            count, rank = int(variables.get("PET_NNODES") or 1), int(variables.get("PET_NODE_RANK") or 0)
            port = int(variables.get("PET_MASTER_PORT") or cls.port)
        except ValueError as err:
            fix = "Unset them for a training on one machine; elastic trainings (PET_NNODES=1:4) are not supported."
            raise ConfigError("whole numbers in PET_NNODES, PET_NODE_RANK and PET_MASTER_PORT", str(err), fix) from None
        address = variables.get("PET_MASTER_ADDR", "")
        if count > 1 and not (address and 0 <= rank < count):
            fix = "Give every node its own rank and the address of the first; with one node set none of them."
            found = f"PET_NODE_RANK={rank}, PET_MASTER_ADDR='{address}'"
            raise ConfigError(f"a rank below {count} and the address of the first node", found, fix)
        return cls(count, rank, address, port)

    def torchrun_options(self) -> list[str]:
        """Return how torchrun finds the other nodes; one machine needs no agreement with others."""
        if self.count == 1:
            return ["--standalone"]
        place = [f"--nnodes={self.count}", f"--node-rank={self.rank}"]
        return [*place, f"--master-addr={self.address}", f"--master-port={self.port}"]


def command(module: str, arguments: Sequence[str], processes: int, nodes: Nodes | None = None) -> list[str]:
    """Return the command that runs ``python -m module`` in ``processes`` ranks on this machine, one of ``nodes``."""
    python, nodes = [sys.executable, "-m"], nodes or Nodes()
    if processes == 1 and nodes.count == 1:
        return [*python, module, *arguments]
    torchrun = ["torch.distributed.run", *nodes.torchrun_options(), f"--nproc-per-node={processes}"]
    return [*python, *torchrun, "-m", module, *arguments]


def launch(module: str, arguments: Sequence[str], processes: int) -> None:
    """Run a training module in child processes, pass on SIGTERM and Ctrl-C, and wait for it.

    With PET_NNODES above 1 this is one of so many nodes, and each has ``processes`` of them; see ``Nodes``.

    Raises:
        Interrupted: the training was asked to stop and saved its state.
        UserError, TrainingFailed: it reported one through ``reporting``.
        PulihError: it failed; its own output, streamed before, says why.
    """
    nodes = Nodes.from_environment(os.environ)
    with tempfile.TemporaryDirectory(prefix="pulih-") as folder:
        report = Path(folder) / "error.json"
        threads = str(max(1, len(os.sched_getaffinity(0)) // processes))
        # torchrun would take what is not said on its command line from these.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PET_")}
        environment = {**inherited, "OMP_NUM_THREADS": threads, REPORT_VARIABLE: str(report)}
        stopped, code = _run(command(module, arguments, processes, nodes), environment)
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
        if FAILED in fields:
            return TrainingFailed(fields[FAILED])
        return UserError(fields["expected"], fields["found"], fields["fix"])
    # torchrun does not hand on the exit code of its ranks, so what was asked decides too.
    if stopped or code in (Interrupted.exit_code, -signal.SIGTERM, -signal.SIGINT):
        return Interrupted(f"{module} was stopped; run the same command again to continue")
    return PulihError(f"{module} ended with exit code {code}; the reason is in its output above")


def reporting(work: Callable[[], None]) -> int:
    """Run the work of one rank and return its exit code.

    A ``launch`` that waits for it is told of a user's fault or a failed training; when that one dies, this process
    gets a SIGTERM.
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
    if report and isinstance(failure, TrainingFailed):
        write_json(Path(report), {FAILED: str(failure)})
    return failure.exit_code


def program(work: Callable[[], str]) -> int:
    """Run a small program: log what ``work`` says that it did, or a failure in one line; return the exit code."""
    configure_logging()
    return reporting(lambda: log.info("%s", work()))


def _watch_launcher() -> None:
    # torchrun's ranks inherit the pipe as their standard input too.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
