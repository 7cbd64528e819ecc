"""What a stopped training needs to go on as if nothing had happened, in one file that is replaced as a whole."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from pulih.common.config import StageConfig, digest_of
from pulih.common.errors import ArtifactError, ConfigError
from pulih.common.files import atomic_path
from pulih.data.manifest import read_manifest

Weights = dict[str, torch.Tensor]
History = dict[str, list[dict[str, float]]]


@dataclass
class Progress:
    """How far a training is; ``step`` is also the position in the data, which the step number alone decides.

    ``best_*`` are of the averaged generator since every ramp is up; ``stale`` counts validations since ``best_step``.
    """

    step: int = 0
    best_psnr: float = float("-inf")
    best_step: int = -1
    stale: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    history: History = field(default_factory=lambda: {"training": [], "validation": []})


def origins_of(config: StageConfig, lines: Path, recognizer: Path) -> list[str]:
    """Return the digests of what decides a training; raises ArtifactError when an artifact is missing."""
    return [config.digest(), *(read_manifest(path).digest() for path in (lines, recognizer))]


def owner_of(config: StageConfig, lines: Path, recognizer: Path) -> str:
    """Return the digest of ``origins_of``, which a checkpoint carries."""
    return digest_of(origins_of(config, lines, recognizer))


def random_state() -> dict[str, Any]:
    """Return the states of torch's random generators."""
    gpu = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "gpu": gpu}


def set_random_state(state: dict[str, Any]) -> None:
    """Put torch's random generators back; GPUs only when there are as many as before."""
    torch.set_rng_state(state["cpu"].cpu())
    if state["gpu"] and len(state["gpu"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([one.cpu() for one in state["gpu"]])


def save(path: Path, state: dict[str, Any], progress: Progress, digest: str) -> None:
    """Write a checkpoint atomically; ``digest`` tells what config, lines and recognizer it belongs to."""
    with atomic_path(path) as temporary:
        torch.save({**state, "progress": asdict(progress), "random": random_state(), "digest": digest}, temporary)


def load(path: Path, digest: str, device: torch.device) -> tuple[dict[str, Any], Progress]:
    """Read a checkpoint and put the random states back.

    Raises:
        ArtifactError: the file is damaged.
        ConfigError: it belongs to another config, other lines or another recognizer.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        owner = state.pop("digest")
    except (RuntimeError, EOFError, KeyError, OSError) as err:
        fix = "Empty the output folder and train again."
        raise ArtifactError(f"a checkpoint in {path}", str(err)[:200], fix) from err
    if owner != digest:
        fix = "Empty the folder or give another one: no training inherits the state of another."
        raise ConfigError(f"a checkpoint of digest {digest} in {path}", owner, fix)
    set_random_state(state.pop("random"))
    return state, Progress(**state.pop("progress"))
