"""One training of the restorer: networks, optimizers, average and progress; every rank has its own, all alike."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch

from pulih.common.dist import Group
from pulih.common.errors import ArtifactError, ConfigError, Interrupted, TrainingFailed
from pulih.common.interrupt import StopFlag, stop_on_signal
from pulih.common.logging import get_logger
from pulih.common.progress import track
from pulih.common.seed import derived_seed
from pulih.data.lines import LineSample
from pulih.recognizer.model import Recognizer
from pulih.recognizer.validate import spread
from pulih.restorer import checkpoint
from pulih.restorer.average import Average
from pulih.restorer.config import RestorerConfig
from pulih.restorer.discriminator import Discriminator
from pulih.restorer.feed import Feed
from pulih.restorer.generator import Generator
from pulih.restorer.schedule import settled_step
from pulih.restorer.step import GanStep, Networks
from pulih.restorer.validation import is_white_page, validate, write_strips

log = get_logger(__name__)
Watch = Callable[[checkpoint.History], None]
LOG_INTERVAL = 10
WHITE_VALIDATIONS = 3  # so many in a row are a collapse and not a start
STRIP_LINES = 8


class Training(Protocol):
    """What ``fit`` drives: the training of the restorer, or of a network it is compared with."""

    config: RestorerConfig
    group: Group
    progress: checkpoint.Progress

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        ...

    def advance(self) -> None:
        """Make one step."""
        ...

    def check(self, samples: Sequence[LineSample], strips: Path) -> None:
        """Validate."""
        ...

    def save(self, path: Path, digest: str) -> None:
        """Write a checkpoint."""
        ...


class Trainer:
    """Trains on ``samples`` with a recognizer that stays as it is.

    Raises:
        ConfigError: a batch that the processes cannot share equally, or too few lines.
        ArtifactError: lines and recognizer have different heights.
    """

    def __init__(
        self, config: RestorerConfig, samples: Sequence[LineSample], recognizer: Recognizer, group: Group
    ) -> None:
        _check_sizes(config, group, samples[0].clean.shape[0], recognizer.height)
        torch.manual_seed(derived_seed(config.seed, "weights"))
        self.config, self.group = config, group
        self.generator = Generator(config.generator).to(group.device)
        discriminator = Discriminator(config.discriminator, recognizer).to(group.device)
        networks = Networks(self.generator, discriminator, recognizer.to(group.device))
        self.step = GanStep(networks, config, group)
        self.feed = Feed(samples, recognizer.charset, config)
        self.average = Average(self.generator, config.optimizer.ema_decay)
        self.best = self._result()
        self.progress = checkpoint.Progress()

    def _result(self) -> checkpoint.Weights:
        return {name: value.clone() for name, value in self.average.network.state_dict().items()}

    def _modules(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "discriminator": self.step.discriminator,
            "average": self.average.network,
            "generator_optimizer": self.step.generator_optimizer,
            "discriminator_optimizer": self.step.discriminator_optimizer,
        }

    @property
    def finished(self) -> bool:
        """Whether all steps are made, or validation has not become better for long enough."""
        schedule = self.config.schedule
        return self.progress.step >= schedule.steps or self.progress.stale >= schedule.patience

    def advance(self) -> None:
        """Make one step and note its figures every few steps."""
        started, started_cpu = time.monotonic(), time.process_time()
        progress = self.progress
        noted = (progress.step + 1) % LOG_INTERVAL == 0
        values = self.step(self.feed.batch(progress.step, self.group), progress.step, measure=noted)
        self.average.update(self.generator, progress.step)
        progress.step += 1
        if noted:
            progress.history["training"].append({"step": progress.step, **values})
        progress.seconds += time.monotonic() - started
        progress.cpu_seconds += time.process_time() - started_cpu

    def check(self, samples: Sequence[LineSample], strips: Path) -> None:
        """Validate the averaged generator, draw strips, and keep it when it is the best since every ramp is up.

        Raises:
            TrainingFailed: it has painted white pages for several validations.
        """
        progress = self.progress
        seen = spread(self.feed.samples, max(1, len(samples) // 4))
        scores = validate(self.average.network, samples, self.group)
        scores["psnr_seen"] = validate(self.average.network, seen, self.group)["psnr"]
        progress.history["validation"].append({"step": progress.step, **scores})
        text = "step %d: PSNR %.2f dB, SSIM %.3f (degraded: %.2f dB, %.3f)"
        log.info(text, progress.step, *(scores[name] for name in ("psnr", "ssim", "psnr_input", "ssim_input")))
        self._look_for_collapse(scores)
        if self.group.is_main:
            write_strips(self.average.network, samples[:STRIP_LINES], strips, self.group.device)
        if progress.step < settled_step(self.config):
            return
        if scores["psnr"] > progress.best_psnr:
            progress.best_psnr, progress.best_step, progress.stale = scores["psnr"], progress.step, 0
            self.best = self._result()
        else:
            progress.stale += 1

    def _look_for_collapse(self, scores: dict[str, float]) -> None:
        if not is_white_page(scores):
            return
        text = "step %d: the restored lines have %.0f %% of their ink: the generator paints white pages so far"
        log.warning(text, self.progress.step, 100 * scores["ink"])
        latest = self.progress.history["validation"][-WHITE_VALIDATIONS:]
        if len(latest) == WHITE_VALIDATIONS and all(map(is_white_page, latest)):
            raise TrainingFailed(
                f"the generator collapsed: {WHITE_VALIDATIONS} validations up to step {self.progress.step} show white "
                "pages; raise weights.bce or lower optimizer.generator_rate"
            )

    def save(self, path: Path, digest: str) -> None:
        """Write a checkpoint (rank 0)."""
        if self.group.is_main:
            state = {name: module.state_dict() for name, module in self._modules().items()}
            checkpoint.save(path, {**state, "best": self.best}, self.progress, digest)

    def restore(self, path: Path, digest: str) -> None:
        """Go on from a checkpoint."""
        state, self.progress = checkpoint.load(path, digest, self.group.device)
        self.best = state["best"]
        for name, module in self._modules().items():
            module.load_state_dict(state[name])
        log.info("resumed at step %d of %d", self.progress.step, self.config.schedule.steps)


def _check_sizes(config: RestorerConfig, group: Group, height: int, wanted: int) -> None:
    sizes = {f"schedule.{name}": getattr(config.schedule, name) for name in ("batch_size", "line_batch_size")}
    if config.pages.steps:
        sizes |= {f"pages.{name}": getattr(config.pages, name) for name in ("batch_size", "lines")}
    for name, size in sizes.items():
        if size % group.world:
            found = f"{size} for {group.world} processes"
            raise ConfigError(f"a {name} that the processes can share equally", found, "Change one of them.")
    if height != wanted:
        fix = "Train the recognizer on lines of the same height."
        raise ArtifactError(f"a recognizer for lines {height} px high", f"one for {wanted} px", fix)


def unwatched(_history: checkpoint.History) -> None:
    """Look away."""


def fit(
    trainer: Training, validation: Sequence[LineSample], folder: Path, digest: str, watch: Watch = unwatched
) -> None:
    """Train until finished, with checkpoints in ``folder/state``.

    Args:
        watch: called with the history after every validation, also after one that ends the training.

    Raises:
        Interrupted: SIGTERM; the state is saved.
        TrainingFailed: an alarm stopped the training.
    """
    path, progress, steps = folder / "state" / "checkpoint.pt", trainer.progress, trainer.config.schedule.steps
    if trainer.finished:
        return
    numbers: Iterable[int] = range(progress.step, steps)
    if trainer.group.is_main:
        numbers = track(numbers, "restorer", total=steps, done=progress.step)
    with stop_on_signal() as stop:
        for _ in numbers:
            trainer.advance()
            _validate(trainer, validation, folder, watch)
            _save(trainer, stop, folder, digest)
            if trainer.finished:
                break
    trainer.save(path, digest)


def _due(trainer: Training) -> bool:
    schedule, step = trainer.config.schedule, trainer.progress.step
    return step % schedule.validate_every == 0 or step == schedule.steps


def _validate(trainer: Training, validation: Sequence[LineSample], folder: Path, watch: Watch) -> None:
    if not _due(trainer):
        return
    try:
        trainer.check(validation, folder / "strips" / f"step-{trainer.progress.step:07d}.png")
    finally:
        watch(trainer.progress.history)


def _save(trainer: Training, stop: StopFlag, folder: Path, digest: str) -> None:
    schedule, step = trainer.config.schedule, trainer.progress.step
    path = folder / "state" / "checkpoint.pt"
    stopping = trainer.group.any(stop.requested)
    if _due(trainer) or stopping or step % schedule.checkpoint_every == 0:
        trainer.save(path, digest)
    if stopping:
        raise Interrupted(f"stopped at step {step} of {schedule.steps}; the state is in {path}")
