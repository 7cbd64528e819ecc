"""One training of a peer, with the restorer's own batches, validation, checkpoints and stopping."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from pulih.common.dist import Group
from pulih.common.logging import get_logger
from pulih.common.seed import derived_seed
from pulih.data.charset import Charset
from pulih.data.lines import LineSample
from pulih.evaluation.peers.config import PeerConfig
from pulih.evaluation.peers.networks import PatchDiscriminator, UNet
from pulih.evaluation.peers.step import PeerNetworks, PeerStep
from pulih.recognizer.model import build
from pulih.restorer import checkpoint
from pulih.restorer.config import Ramp, RestorerConfig, ScheduleConfig
from pulih.restorer.feed import Feed
from pulih.restorer.validation import validate, write_strips

log = get_logger(__name__)
LOG_INTERVAL = 10
STRIP_LINES = 8
VALIDATIONS, CHECKPOINTS = 10, 20


def schedule_of(config: PeerConfig) -> RestorerConfig:
    """Return the restorer's config that gives a peer its batches: whole lines from the first step on."""
    schedule = ScheduleConfig(
        steps=config.steps,
        batch_size=config.batch_size,
        line_batch_size=config.batch_size,
        adversarial=Ramp(start=0, length=0),
        validate_every=max(1, config.steps // VALIDATIONS),
        checkpoint_every=max(1, config.steps // CHECKPOINTS),
        validation_lines=config.validation_lines,
    )
    return RestorerConfig(seed=config.seed, schedule=schedule, processes=1, threads=config.threads)


class PeerTrainer:
    """Trains on ``samples``; nothing is frozen, and the best validated generator is the result."""

    def __init__(self, config: PeerConfig, samples: Sequence[LineSample], charset: Charset, group: Group) -> None:
        torch.manual_seed(derived_seed(config.seed, "weights"))
        self.peer, self.config, self.group = config, schedule_of(config), group
        self.generator = UNet(config.unet).to(group.device)
        discriminator = PatchDiscriminator(config.discriminator).to(group.device)
        recognizer = build(config.recognizer, charset, samples[0].clean.shape[0]).to(group.device)
        self.step = PeerStep(PeerNetworks(self.generator, discriminator, recognizer), config)
        self.feed = Feed(samples, charset, self.config)
        self.best = self._weights()
        self.progress = checkpoint.Progress()

    def _weights(self) -> checkpoint.Weights:
        return {name: value.clone() for name, value in self.generator.state_dict().items()}

    def _modules(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "discriminator": self.step.networks.discriminator,
            "recognizer": self.step.networks.recognizer,
            "generator_optimizer": self.step.generator_optimizer,
            "discriminator_optimizer": self.step.discriminator_optimizer,
            "recognizer_optimizer": self.step.recognizer_optimizer,
        }

    @property
    def finished(self) -> bool:
        """Whether all steps are made."""
        return self.progress.step >= self.peer.steps

    def advance(self) -> None:
        """Make one step and note its figures every few steps."""
        started, started_cpu = time.monotonic(), time.process_time()
        progress = self.progress
        values = self.step(self.feed.batch(progress.step, self.group), progress.step)
        progress.step += 1
        if progress.step % LOG_INTERVAL == 0:
            progress.history["training"].append({"step": progress.step, **values})
        progress.seconds += time.monotonic() - started
        progress.cpu_seconds += time.process_time() - started_cpu

    def check(self, samples: Sequence[LineSample], strips: Path) -> None:
        """Validate the generator, draw strips, and keep it when it is the best so far."""
        progress = self.progress
        scores = validate(self.generator, samples, self.group)
        progress.history["validation"].append({"step": progress.step, **scores})
        log.info("step %d: PSNR %.2f dB, SSIM %.3f", progress.step, scores["psnr"], scores["ssim"])
        write_strips(self.generator, samples[:STRIP_LINES], strips, self.group.device)
        if scores["psnr"] > progress.best_psnr:
            progress.best_psnr, progress.best_step = scores["psnr"], progress.step
            self.best = self._weights()

    def save(self, path: Path, digest: str) -> None:
        """Write a checkpoint."""
        state = {name: module.state_dict() for name, module in self._modules().items()}
        checkpoint.save(path, {**state, "best": self.best}, self.progress, digest)

    def restore(self, path: Path, digest: str) -> None:
        """Go on from a checkpoint."""
        state, self.progress = checkpoint.load(path, digest, self.group.device)
        self.best = state["best"]
        for name, module in self._modules().items():
            module.load_state_dict(state[name])
        log.info("resumed at step %d of %d", self.progress.step, self.peer.steps)
