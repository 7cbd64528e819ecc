"""What a stopped training needs to go on as if nothing had happened, in one file that is replaced as a whole."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from pulih.common.errors import ConfigError
from pulih.common.files import atomic_path
from pulih.recognizer.feed import Position

Weights = dict[str, torch.Tensor]
History = dict[str, list[dict[str, float]]]


@dataclass
class Progress:
    """How far a training is.

    Random numbers need no state here: every step draws from its own stream, derived from the seed and its number.
    """

    step: int = 0
    position: Position = field(default_factory=Position)
    best_cer: float = float("inf")
    best_step: int = 0
    stale: int = 0
    history: History = field(default_factory=lambda: {"training": [], "validation": []})


@dataclass(frozen=True)
class Checkpoint:
    """The progress with the last weights, the best ones by validation, and the optimizer's state."""

    progress: Progress
    last: Weights
    best: Weights
    optimizer: dict[str, Any]


def save(path: Path, checkpoint: Checkpoint, digest: str) -> None:
    """Write ``checkpoint`` atomically; ``digest`` tells what config and lines it belongs to."""
    state = {
        "digest": digest,
        "progress": asdict(checkpoint.progress),
        "last": checkpoint.last,
        "best": checkpoint.best,
        "optimizer": checkpoint.optimizer,
    }
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def load(path: Path, digest: str, device: torch.device) -> Checkpoint:
    """Read a checkpoint; raises ConfigError when it belongs to another config or other lines."""
    state = torch.load(path, map_location=device, weights_only=True)
    if state["digest"] != digest:
        fix = "Empty the folder or give another one: no training inherits the state of another."
        raise ConfigError(f"a checkpoint of digest {digest} in {path}", state["digest"], fix)
    progress = Progress(**{**state["progress"], "position": Position(**state["progress"]["position"])})
    return Checkpoint(progress, state["last"], state["best"], state["optimizer"])
