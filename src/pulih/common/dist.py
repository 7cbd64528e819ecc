"""All talk between ranks, and the launch of torchrun; nothing else in Pulih imports ``torch.distributed``."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed

from pulih.common.errors import Interrupted, PulihError
from pulih.common.logging import get_logger

log = get_logger(__name__)
Item = TypeVar("Item")
TIMEOUT = timedelta(seconds=120)


@dataclass(frozen=True)
class Group:
    """The processes of one training: this one's ``rank`` of ``world``, and its device."""

    rank: int
    world: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and logs."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return this rank's equal part of a global batch."""
        return items[self.rank :: self.world]

    def average_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace every gradient by its mean over the ranks (one message for all)."""
        if self.world == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.world
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        """Return the mean of each value over the ranks."""
        if self.world == 1:
            return values
        total = torch.tensor([values[name] for name in sorted(values)], dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return dict(zip(sorted(values), (total / self.world).tolist(), strict=True))

    def any(self, condition: bool) -> bool:
        """Return whether the condition holds on some rank; every rank gets the same answer."""
        if self.world == 1:
            return condition
        flag = torch.tensor([float(condition)], device=self.device)
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        return bool(flag.item())

    def barrier(self) -> None:
        """Wait for all ranks."""
        if self.world > 1:
            distributed.barrier()


def working_device(local_rank: int) -> torch.device:
    """Return this process's GPU after a trial computation on it, else the CPU with a warning."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", local_rank % torch.cuda.device_count())
    try:
        probe = torch.ones(8, 8, device=device) @ torch.ones(8, 8, device=device)
        probe.sum().item()
    except RuntimeError as err:
        log.warning("GPU %s failed (%s): training falls back to the CPU, which is much slower", device, err)
        return torch.device("cpu")
    torch.cuda.set_device(device)
    return device


@contextmanager
def process_group(threads: int | None = None) -> Iterator[Group]:
    """Join the group that torchrun started (or be a group of one) and leave it at the end.

    Args:
        threads: CPU threads of this process; by default the cores shared out among the local processes.
    """
    world, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    local_world = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    torch.set_num_threads(threads or max(1, len(os.sched_getaffinity(0)) // local_world))
    device = working_device(int(os.environ.get("LOCAL_RANK", "0")))
    if world > 1:
        _join(rank, world, device)
    try:
        yield Group(rank, world, device)
    finally:
        if world > 1:
            distributed.destroy_process_group()


def _join(rank: int, world: int, device: torch.device) -> None:
    # A prefix per attempt keeps an elastic restart from reading the addresses of dead ranks.
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = distributed.TCPStore(host, port, is_master=False, timeout=TIMEOUT)
    prefixed = distributed.PrefixStore(f"attempt_{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, store=prefixed, rank=rank, world_size=world, timeout=TIMEOUT)


def resolved_processes(wanted: int) -> int:
    """Return how many processes a training gets: ``wanted``, or with 0 one per GPU, or one on the CPU."""
    return wanted or max(1, torch.cuda.device_count())


def command(module: str, arguments: Sequence[str], processes: int) -> list[str]:
    """Return the command that runs ``python -m module`` in ``processes`` ranks on this machine."""
    python = [sys.executable, "-m"]
    if processes == 1:
        return [*python, module, *arguments]
    torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [*python, *torchrun, "-m", module, *arguments]


def launch(module: str, arguments: Sequence[str], processes: int) -> None:
    """Run a training module in child processes, pass on SIGTERM, and wait for it.

    Raises:
        Interrupted: the training was asked to stop and saved its state.
        PulihError: it failed; its own output, streamed before, says why.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) // processes))}
    child = subprocess.Popen(command(module, arguments, processes), env=environment)
    former = {n: signal.signal(n, lambda number, _: child.send_signal(number)) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        code = child.wait()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    if code in (Interrupted.exit_code, -signal.SIGTERM, -signal.SIGINT):
        raise Interrupted(f"{module} was stopped; run the same command again to continue")
    if code != 0:
        raise PulihError(f"{module} ended with exit code {code}; the reason is in its output above")
