"""Going on with the training of a generator on patches, with pixel losses alone. Axes: B patch or crop, C, H, W."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from pulih.common.dist import Group
from pulih.common.errors import Interrupted, TrainingFailed
from pulih.common.interrupt import stop_on_signal
from pulih.common.progress import track
from pulih.restorer import checkpoint
from pulih.restorer.average import Average
from pulih.restorer.config import PatchConfig
from pulih.restorer.feed import TrainingBatch
from pulih.restorer.generator import Generator
from pulih.restorer.losses import charbonnier, per_line, structure
from pulih.restorer.schedule import PIXELS, rate_factor

LOG_INTERVAL = 10
Batches = Callable[[int], Sequence[TrainingBatch]]


class PatchTraining:
    """The training on what ``batches`` gives for a step, this rank's share of it; ``average`` is its result."""

    def __init__(self, network: Generator, batches: Batches, config: PatchConfig, group: Group) -> None:
        # In eval mode: whatever a network normalises by stays as it was trained.
        self.network, self.batches, self.config, self.group = network.eval(), batches, config, group
        rates = config.optimizer
        self.optimizer = torch.optim.AdamW(
            network.parameters(), rates.generator_rate, (rates.beta1, rates.beta2), weight_decay=rates.weight_decay
        )
        self.average = Average(network, rates.ema_decay)
        self.progress = checkpoint.Progress()

    def advance(self) -> None:
        """Make one step; raises TrainingFailed, and moves nothing, when a loss is not finite on some rank."""
        step, rates = self.progress.step, self.config.optimizer
        losses = self.losses(self.batches(step))
        total = torch.stack([getattr(self.config, name) * loss for name, loss in losses.items()]).sum()
        if self.group.any(not bool(torch.isfinite(total))):
            raise TrainingFailed(f"step {step} on pages: a loss is not finite; lower optimizer.generator_rate")
        self.optimizer.zero_grad()
        total.backward()
        self.group.average_gradients(self.network.parameters())
        nn.utils.clip_grad_norm_(self.network.parameters(), rates.clip_norm)
        for part in self.optimizer.param_groups:
            part["lr"] = rates.generator_rate * rate_factor(rates, step, self.config.steps)
        self.optimizer.step()
        self.average.update(self.network, step)
        self.progress.step += 1
        if self.progress.step % LOG_INTERVAL == 0:
            values = self.group.mean({name: loss.item() for name, loss in losses.items()})
            self.progress.history["training"].append({"step": self.progress.step, **values})

    def losses(self, batches: Sequence[TrainingBatch]) -> dict[str, Tensor]:
        """Return the losses by the name of their weight, each the mean over the batches' patches and crops."""
        found = [self._losses_B(batch.to(self.group.device)) for batch in batches]
        return {name: torch.cat([losses_B[name] for losses_B in found]).mean() for name in PIXELS}

    def _losses_B(self, batch: TrainingBatch) -> dict[str, Tensor]:
        logits_BCHW = self.network(batch.degraded)
        entropy_BCHW = functional.binary_cross_entropy_with_logits(logits_BCHW, batch.clean, reduction="none")
        restored_BCHW = logits_BCHW.sigmoid() * batch.mask + (1 - batch.mask)
        return {
            "bce": per_line(entropy_BCHW, batch.mask),
            "pixel": charbonnier(restored_BCHW, batch.clean, batch.mask),
            "ssim": structure(restored_BCHW, batch.clean),
        }

    def _modules(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {"network": self.network, "average": self.average.network, "optimizer": self.optimizer}

    def save(self, path: Path, digest: str) -> None:
        """Write a checkpoint (rank 0)."""
        if self.group.is_main:
            checkpoint.save(path, {n: m.state_dict() for n, m in self._modules().items()}, self.progress, digest)

    def restore(self, path: Path, digest: str) -> None:
        """Go on from a checkpoint."""
        state, self.progress = checkpoint.load(path, digest, self.group.device)
        for name, module in self._modules().items():
            module.load_state_dict(state[name])

    def fit(self, path: Path, digest: str, name: str) -> None:
        """Train to the end with checkpoints at ``path``; raises Interrupted after SIGTERM, the state saved.

        Args:
            name: of the training, beside its progress.
        """
        if self.group.file_of_main(path):
            self.restore(path, digest)
        steps = range(self.progress.step, self.config.steps)
        numbers = track(steps, name, total=self.config.steps, done=self.progress.step) if self.group.is_main else steps
        with stop_on_signal() as stop:
            for _ in numbers:
                self.advance()
                stopping = self.group.any(stop.requested)
                if stopping or self.progress.step % self.config.checkpoint_every == 0:
                    self.save(path, digest)
                if stopping:
                    raise Interrupted(f"stopped at step {self.progress.step}; the state is in {path}")
        self.save(path, digest)
