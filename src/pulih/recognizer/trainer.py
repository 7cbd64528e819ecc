"""The recognizer's training step, validation and state; one ``Trainer`` per rank."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from pulih.common.dist import Group
from pulih.common.errors import ConfigError, PulihError
from pulih.common.logging import get_logger
from pulih.common.seed import derived_seed
from pulih.data.charset import Charset
from pulih.data.lines import LineSample
from pulih.recognizer import checkpoint
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.ctc import ctc_loss
from pulih.recognizer.feed import LineFeed, TrainingBatch
from pulih.recognizer.model import Recognizer, build
from pulih.recognizer.validate import validation_scores

log = get_logger(__name__)
LOG_INTERVAL = 10
# So many steps in a row without a finite loss mean that the training is lost, not that a batch was odd.
MAX_BAD_STEPS = 10


def learning_rate(config: RecognizerConfig, step: int) -> float:
    """Return the rate of a step counted from 0: linear warm-up, then half a cosine down to zero."""
    warm = min(1.0, (step + 1) / (config.warmup_steps + 1))
    return config.learning_rate * warm * (0.5 + 0.5 * math.cos(math.pi * step / config.steps))


def make_optimizer(model: nn.Module, config: RecognizerConfig) -> torch.optim.AdamW:
    """Return AdamW (Loshchilov & Hutter 2019) that decays weight matrices, not biases and norms."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99))


class Trainer:
    """One training: its model, optimizer and progress; every rank has its own, all with the same weights."""

    def __init__(
        self, config: RecognizerConfig, samples: Sequence[LineSample], group: Group, model: Recognizer | None = None
    ) -> None:
        """Start from ``model``; without one, from random weights and the usual charset."""
        if config.batch_size % group.world:
            found = f"batch_size {config.batch_size} for {group.world} processes"
            raise ConfigError("a batch_size that the processes can share equally", found, "Change one of them.")
        torch.manual_seed(derived_seed(config.seed, "weights"))
        self.config, self.group = config, group
        if model is None:
            model = build(config, Charset(), samples[0].clean.shape[0])
        self.model: Recognizer = model.to(group.device)
        self.feed = LineFeed(samples, self.model.charset, self.model.stride, config)
        self.optimizer = make_optimizer(self.model, config)
        self.progress = checkpoint.Progress()
        self.best = self._weights()
        self.bad_steps = 0

    def _weights(self) -> checkpoint.Weights:
        return {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def compute_gradients(self, batch: TrainingBatch) -> float:
        """Set the gradients of the loss, averaged over the ranks; return this rank's loss."""
        self.model.train()
        self.optimizer.zero_grad()
        mixed = self.config.mixed_precision and self.group.device.type == "cuda"
        with torch.autocast(self.group.device.type, torch.bfloat16, enabled=mixed):
            logits_BTK = self.model(batch.images)
        loss = ctc_loss(logits_BTK, batch.columns, batch.targets, batch.target_lengths)
        loss.backward()
        self.group.average_gradients(self.model.parameters())
        return loss.item()

    def step(self, indices: Sequence[int]) -> dict[str, float]:
        """Make one optimizer step on the global batch ``indices``; raises PulihError when losses stay non-finite."""
        number = self.progress.step
        torch.manual_seed(derived_seed(self.config.seed, "step", number, self.group.rank))
        statistics = [buffer.clone() for buffer in self.model.buffers()]
        loss = self.compute_gradients(self.feed.tensors(indices, number, self.group))
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_gradient_norm).item()
        rate = learning_rate(self.config, number)
        if self.group.any(not (math.isfinite(loss) and math.isfinite(norm))):
            self.bad_steps += 1
            # The forward pass has already let the odd batch into the norms' running statistics.
            for buffer, former in zip(self.model.buffers(), statistics, strict=True):
                buffer.copy_(former)
            log.warning("step %d: the loss or its gradient is not finite; no step was made", number)
        else:
            self.bad_steps = 0
            for parameters in self.optimizer.param_groups:
                parameters["lr"] = rate
            self.optimizer.step()
        if self.bad_steps >= MAX_BAD_STEPS:
            raise PulihError(f"{MAX_BAD_STEPS} steps in a row had no finite loss; lower learning_rate")
        self.progress.step += 1
        return {"loss": loss, "gradient_norm": norm, "learning_rate": rate}

    def note(self, values: dict[str, float]) -> None:
        """Add the step's values to the history every few steps."""
        if self.progress.step % LOG_INTERVAL == 0:
            mean = self.group.mean(values)
            if math.isfinite(mean["loss"]) and math.isfinite(mean["gradient_norm"]):
                self.progress.history["training"].append({"step": self.progress.step, **mean})

    def validate(self, samples: Sequence[LineSample]) -> None:
        """Read the validation lines; keep the weights when they read better than ever before."""
        progress = self.progress
        scores = validation_scores(self.model, samples, self.config.batch_size, self.group)
        progress.history["validation"].append({"step": progress.step, **scores})
        log.info("step %d: CER %.2f %%, %.0f %% read as empty", progress.step, *(100 * v for v in scores.values()))
        if scores["cer"] < progress.best_cer:
            progress.best_cer, progress.best_step, progress.stale = scores["cer"], progress.step, 0
            self.best = self._weights()
        else:
            progress.stale += 1

    @property
    def finished(self) -> bool:
        """Whether all steps are made, or validation has not become better for long enough."""
        return self.progress.step >= self.config.steps or self.progress.stale >= self.config.patience

    def save(self, path: Path, digest: str) -> None:
        """Write a checkpoint (rank 0)."""
        if self.group.is_main:
            state = checkpoint.Checkpoint(self.progress, self._weights(), self.best, self.optimizer.state_dict())
            checkpoint.save(path, state, digest)

    def restore(self, path: Path, digest: str) -> None:
        """Go on from a checkpoint."""
        state = checkpoint.load(path, digest, self.group.device)
        self.model.load_state_dict(state.last)
        self.optimizer.load_state_dict(state.optimizer)
        self.progress, self.best = state.progress, state.best
        log.info("resumed at step %d of %d", self.progress.step, self.config.steps)
