"""The methods by name: fixed ones, peers, and our own restorer with losses left out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from pulih.common.config import StageConfig, digest_of
from pulih.common.dist import process_group
from pulih.common.errors import ArtifactError
from pulih.data.lines import GreyImage, read_lines
from pulih.data.manifest import Manifest, read_manifest
from pulih.evaluation import baselines
from pulih.evaluation.peers.beginning import CommonBeginning
from pulih.evaluation.peers.budget import PROBED_SCHEDULE, Plan, cost_per_step, owner_of
from pulih.evaluation.peers.config import FIXED, OURS, PEERS, PeerConfig, RestorationBenchmark
from pulih.evaluation.peers.failures import Failure, FailureNote
from pulih.evaluation.peers.stage import PeerRestorer, train_peer
from pulih.evaluation.peers.trainer import PeerTrainer
from pulih.recognizer.model import load_recognizer
from pulih.restorer import stage as restorer_stage
from pulih.restorer.config import RestorerConfig
from pulih.restorer.infer import Restorer
from pulih.restorer.schedule import WHOLE_LINES
from pulih.restorer.trainer import Trainer

RestoreLines = Callable[[Sequence[GreyImage]], list[GreyImage]]
PEER_WEIGHTS: dict[str, dict[str, float]] = {
    "erb": {},
    "erb-no-recognizer": {"ctc": 0.0},
    "unet": {"ctc": 0.0, "adversarial": 0.0},
}
OWN_WEIGHTS: dict[str, tuple[str, ...]] = {  # the losses that are switched off
    "pulih": (),
    "pulih-no-gan": ("adversarial_image", "adversarial_text"),
    "pulih-image-only": ("adversarial_text",),
    "pulih-pixel": WHOLE_LINES,
    "pulih-no-pixel": ("pixel",),
    "pulih-no-bce": ("bce",),
    "pulih-no-ssim": ("ssim",),
    "pulih-text-only": ("adversarial_image",),
    "pulih-no-mismatch": (),
    "pulih-no-features": ("features",),
    "pulih-no-posterior": ("posterior",),
    "pulih-no-ctc": ("ctc",),
    "pulih-no-recognition": ("features", "posterior", "ctc"),
    "pulih-erb-losses": ("pixel", "ssim", "adversarial_text", "features", "posterior"),
}
WITHOUT_MISMATCHES = "pulih-no-mismatch"
VALIDATIONS, CHECKPOINTS = 10, 20


def fixed_method(name: str, config: RestorationBenchmark) -> RestoreLines:
    """Return a method without learning."""
    window, k = config.evaluation.sauvola_window, config.evaluation.sauvola_k
    ways: dict[str, Callable[[GreyImage], GreyImage]] = {
        "degraded": lambda line: line,
        "white-page": baselines.white_page,
        "background-division": baselines.background_division,
        "otsu": baselines.otsu,
        "sauvola": lambda line: baselines.sauvola(line, window, k),
        "wolf": lambda line: baselines.wolf(line, window, config.wolf_k),
    }
    return lambda lines: [ways[name](line) for line in lines]


def peer_config(name: str, seed: int, steps: int, config: RestorationBenchmark) -> PeerConfig:
    """Return the config of one training of a peer."""
    changes = {**PEER_WEIGHTS[name], "seed": seed, "steps": steps, "threads": config.threads}
    return config.peer.model_copy(update=changes)


def own_config(name: str, seed: int, steps: int, config: RestorationBenchmark) -> RestorerConfig:
    """Return the config of one training of our restorer."""
    base = config.restorer
    intervals = {"validate_every": max(1, steps // VALIDATIONS), "checkpoint_every": max(1, steps // CHECKPOINTS)}
    # No training may end early: all have the same budget.
    schedule = base.schedule.model_copy(update={"steps": steps, "patience": 2 * VALIDATIONS, **intervals})
    weights = base.weights.model_copy(update=dict.fromkeys(OWN_WEIGHTS[name], 0.0))
    judge = base.discriminator.model_copy(update={"mismatches": name != WITHOUT_MISMATCHES})
    changes: dict[str, Any] = {"schedule": schedule, "weights": weights, "discriminator": judge}
    changes |= {"seed": seed, "processes": 1, "threads": config.threads}
    return base.model_copy(update=changes)


class Trained:
    """The trained methods in a folder, each with its seed a sealed artifact that is made once."""

    def __init__(self, config: RestorationBenchmark, lines: Path, recognizer: Path, folder: Path) -> None:
        self.config, self.lines, self.recognizer, self.folder = config, lines, recognizer, folder

    def obtain(self, name: str, seed: int) -> Manifest:
        """Train ``name`` with ``seed`` within the budget, continue it, or find it done.

        Raises:
            UserError: an artifact is missing or altered, or the folder holds work of another config.
            Interrupted: SIGTERM or Ctrl-C; the state is saved.
        """
        steps, target = self._steps(name, seed), self._target(name, seed)
        if name in PEERS:
            charset = load_recognizer(self.recognizer).charset
            return train_peer(peer_config(name, seed, steps, self.config), self.lines, charset, target)
        config = own_config(name, seed, steps, self.config)
        beginning = self._beginning(seed, steps)
        if beginning is not None and beginning.serves(config):
            beginning.give(config, target)
        return restorer_stage.train(config, self.lines, self.recognizer, target)

    def _beginning(self, seed: int, steps: int) -> CommonBeginning | None:
        """Return what several methods have in common; within seconds of processor time each has steps of its own."""
        ours = own_config(OURS, seed, steps, self.config)
        target = self.folder / f"{OURS}-seed{seed}-beginning"
        beginning = CommonBeginning(ours, self.lines, self.recognizer, target)
        own = [own_config(name, seed, steps, self.config) for name in self.config.methods if name in OWN_WEIGHTS]
        shared = self.config.budget.steps is not None and sum(map(beginning.serves, own)) > 1
        return beginning if shared else None

    def attempt(self, name: str, seed: int) -> Failure | None:
        """As ``obtain``, but a training that its own alarms stop is noted and returned, and never tried again."""
        note = FailureNote(self.folder / f"{name}-seed{seed}.failed.json", self._owner(name, seed))
        reason = note.noting(lambda: self.obtain(name, seed))
        return None if reason is None else Failure(name, seed, reason)

    def _owner(self, name: str, seed: int) -> str:
        budget = self.config.budget.model_dump(mode="json")
        config = self._method_config(name, seed, PROBED_SCHEDULE)
        return owner_of(config.digest(), *self._digests(), digest_of(budget))

    def _digests(self) -> list[str]:
        return [read_manifest(path).digest() for path in (self.lines, self.recognizer)]

    def restorer(self, name: str, seed: int) -> RestoreLines:
        """Return a trained method as a function from lines to restored lines."""
        if name in FIXED:
            return fixed_method(name, self.config)
        if name in PEERS:
            return PeerRestorer.load(self._target(name, seed), self.config.threads).restore_lines
        return Restorer.load(self._target(name, seed), self.config.threads).restore_lines

    def facts(self, name: str, seed: int) -> dict[str, Any]:
        """Return parameters, steps and processor seconds of a finished training."""
        facts = read_manifest(self._target(name, seed)).facts
        spent = facts["cpu_seconds"] if name in PEERS else self._seconds_of_own(name, seed)
        return {
            "seed": seed,
            "parameters": facts["parameters"],
            "steps": facts["steps"],
            "best_step": facts["best_step"],
            "cpu_seconds": round(spent, 1),
            "recognizer_cer_clean": facts.get("recognizer_cer_clean"),
        }

    def _target(self, name: str, seed: int) -> Path:
        return self.folder / f"{name}-seed{seed}"

    def _seconds_of_own(self, name: str, seed: int) -> float:
        # The artifact itself holds no time, so that equal trainings give equal bytes; its private state does.
        path = self._target(name, seed) / "state" / "checkpoint.pt"
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except OSError as err:
            fix = "Remove this folder; it is then trained again."
            raise ArtifactError(f"the training's state at {path}", str(err), fix) from err
        return float(state["progress"]["cpu_seconds"])

    def _steps(self, name: str, seed: int) -> int:
        budget = self.config.budget
        if budget.cpu_seconds is None:
            assert budget.steps is not None
            return budget.steps
        config = self._method_config(name, seed, PROBED_SCHEDULE)
        plan = Plan(self.folder / f"{name}-seed{seed}.plan.json", owner_of(config.digest(), *self._digests()))
        return plan.read() or plan.write(budget.cpu_seconds, self._cost(config))

    def _method_config(self, name: str, seed: int, steps: int) -> StageConfig:
        make = peer_config if name in PEERS else own_config
        return make(name, seed, steps, self.config)

    def _cost(self, config: StageConfig) -> float:
        recognizer = load_recognizer(self.recognizer)
        samples = read_lines(self.lines, "train")
        with process_group(self.config.threads) as group:
            if isinstance(config, PeerConfig):
                return cost_per_step(PeerTrainer(config, samples, recognizer.charset, group))
            assert isinstance(config, RestorerConfig)
            return cost_per_step(Trainer(config, samples, recognizer, group))
