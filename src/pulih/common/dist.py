"""All talk between ranks; nothing else in Pulih imports ``torch.distributed``. How they start is in ``launch``."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
from torch import distributed
from torch.autograd.function import FunctionCtx

from pulih.common.files import write_bytes
from pulih.common.launch import command, launch, reporting
from pulih.common.logging import get_logger

__all__ = [
    "Group",
    "command",
    "launch",
    "mean_over_ranks",
    "process_group",
    "reporting",
    "resolved_processes",
    "working_device",
    "world_size",
]

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
        if not gradients:
            return
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

    def file_of_main(self, path: Path) -> bool:
        """Put the file that rank 0 has at ``path`` there on every rank; return whether rank 0 has one.

        Nodes have folders of their own: one that went on from another state would wait for the others for ever.
        """
        if self.world == 1:
            return path.is_file()
        content = path.read_bytes() if path.is_file() else b""
        own = hashlib.sha256(content).hexdigest() if content else ""
        wanted = self._of_main(own)
        if wanted and self.any(own != wanted):
            content_of_main = self._of_main(content)
            if own != wanted:
                write_bytes(path, content_of_main)
                log.warning("rank %d takes %s from rank 0: its own was another", self.rank, path.name)
        return bool(wanted)

    def _of_main(self, value: Item) -> Item:
        box = [value]
        distributed.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def barrier(self) -> None:
        """Wait for all ranks."""
        if self.world > 1:
            distributed.barrier()


class _MeanOverRanks(torch.autograd.Function):
    """The mean over the ranks, whose gradient is the mean of the ranks' gradients: each has a loss of its own."""

    @staticmethod
    def forward(_context: FunctionCtx, values: torch.Tensor) -> torch.Tensor:
        return _reduced_mean(values)

    @staticmethod
    def backward(_context: FunctionCtx, *gradients: torch.Tensor) -> torch.Tensor:
        return _reduced_mean(gradients[0])


def _reduced_mean(values: torch.Tensor) -> torch.Tensor:
    total = values.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total / distributed.get_world_size()


def mean_over_ranks(values: torch.Tensor) -> torch.Tensor:
    """Return the mean of ``values`` over the ranks, differentiably; in a training of one process, ``values``.

    With the parameters' gradients averaged afterwards, the result is the gradient of the mean of the ranks' losses.
    """
    if world_size() == 1:
        return values
    mean: torch.Tensor = _MeanOverRanks.apply(values)
    return mean


def world_size() -> int:
    """Return the number of ranks of the group that this process has joined, or 1."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


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
