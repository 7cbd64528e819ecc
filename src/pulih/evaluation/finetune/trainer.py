"""Going on with the training of a generator on patches. Axes: B patch, C channel, H height, W width."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from pulih.common.errors import Interrupted, PulihError
from pulih.common.interrupt import stop_on_signal
from pulih.common.progress import track
from pulih.evaluation.finetune.config import FinetuneConfig
from pulih.evaluation.finetune.material import Patches
from pulih.restorer import checkpoint
from pulih.restorer.average import Average
from pulih.restorer.generator import Generator
from pulih.restorer.losses import charbonnier, structure
from pulih.restorer.schedule import rate_factor

LOG_INTERVAL = 10


class Finetuning:
    """The training of one fold; ``average`` is its result."""

    def __init__(self, network: Generator, patches: Patches, config: FinetuneConfig) -> None:
        # In eval mode: whatever a network normalises by stays as it was trained.
        self.network, self.patches, self.config = network.eval(), patches, config
        rates = config.optimizer
        self.optimizer = torch.optim.AdamW(
            network.parameters(), rates.generator_rate, (rates.beta1, rates.beta2), weight_decay=rates.weight_decay
        )
        self.average = Average(network, rates.ema_decay)
        self.progress = checkpoint.Progress()

    def advance(self) -> None:
        """Make one step; raises PulihError when the loss is not finite."""
        step, rates = self.progress.step, self.config.optimizer
        losses = self.losses(*self.patches.batch(step))
        total = torch.stack([getattr(self.config, name) * loss for name, loss in losses.items()]).sum()
        if not torch.isfinite(total):
            raise PulihError(f"step {step}: the loss is not finite; lower optimizer.generator_rate")
        self.optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), rates.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = rates.generator_rate * rate_factor(rates, step, self.config.steps)
        self.optimizer.step()
        self.average.update(self.network, step)
        self.progress.step += 1
        if self.progress.step % LOG_INTERVAL == 0:
            values = {name: loss.item() for name, loss in losses.items()}
            self.progress.history["training"].append({"step": self.progress.step, **values})

    def losses(self, seen_BCHW: Tensor, wanted_BCHW: Tensor) -> dict[str, Tensor]:
        """Return the losses of a batch by the name of their weight."""
        logits_BCHW = self.network(seen_BCHW)
        restored_BCHW, inside_BCHW = logits_BCHW.sigmoid(), torch.ones_like(wanted_BCHW)
        return {
            "bce": functional.binary_cross_entropy_with_logits(logits_BCHW, wanted_BCHW),
            "pixel": charbonnier(restored_BCHW, wanted_BCHW, inside_BCHW).mean(),
            "ssim": structure(restored_BCHW, wanted_BCHW).mean(),
        }

    def _modules(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {"network": self.network, "average": self.average.network, "optimizer": self.optimizer}

    def save(self, path: Path, digest: str) -> None:
        """Write a checkpoint."""
        checkpoint.save(path, {n: m.state_dict() for n, m in self._modules().items()}, self.progress, digest)

    def restore(self, path: Path, digest: str) -> None:
        """Go on from a checkpoint."""
        state, self.progress = checkpoint.load(path, digest, torch.device("cpu"))
        for name, module in self._modules().items():
            module.load_state_dict(state[name])

    def fit(self, path: Path, digest: str) -> None:
        """Train to the end with checkpoints at ``path``; raises Interrupted after SIGTERM, the state saved."""
        steps = range(self.progress.step, self.config.steps)
        with stop_on_signal() as stop:
            for _ in track(steps, "fine-tuning", total=self.config.steps, done=self.progress.step):
                self.advance()
                if stop.requested or self.progress.step % self.config.checkpoint_every == 0:
                    self.save(path, digest)
                if stop.requested:
                    raise Interrupted(f"stopped at step {self.progress.step}; the state is in {path}")
