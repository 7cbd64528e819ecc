"""One adversarial step: the gradients of both networks first; then, if every rank's are finite, both optimizers.

Axes: B line, C channel, H height, W width.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pulih.common.dist import Group
from pulih.common.errors import TrainingFailed
from pulih.recognizer.model import Recognizer
from pulih.restorer.balance import BOUNDED, gradient_shares, limited
from pulih.restorer.config import RestorerConfig
from pulih.restorer.discriminator import Discriminator
from pulih.restorer.feed import TrainingBatch
from pulih.restorer.generator import Generator
from pulih.restorer.judging import SHARES, judge_images, judge_texts
from pulih.restorer.losses import Candidate, GeneratorLosses, weighted_mean
from pulih.restorer.schedule import active_weights, rate_factor


@dataclass(frozen=True)
class Networks:
    """The two networks that learn and the recognizer that never does."""

    generator: Generator
    discriminator: Discriminator
    recognizer: Recognizer


def freeze(recognizer: Recognizer) -> Recognizer:
    """Put the recognizer in eval mode and let no gradient reach its weights."""
    for parameter in recognizer.parameters():
        parameter.requires_grad_(False)
    return recognizer.eval()


class GanStep:
    """Makes steps: one forward pass of the generator, one backward pass of each network, one update of each."""

    def __init__(self, networks: Networks, config: RestorerConfig, group: Group) -> None:
        self.generator, self.discriminator = networks.generator, networks.discriminator
        self.recognizer = freeze(networks.recognizer)
        self.config, self.group = config, group
        self.losses = GeneratorLosses(self.discriminator, config.weights.model_dump())
        self.generator_optimizer = _adamw(self.generator, config.optimizer.generator_rate, config)
        self.discriminator_optimizer = _adamw(self.discriminator, config.optimizer.discriminator_rate, config)
        cuda = group.device.type == "cuda"
        self.mixed = config.mixed_precision and cuda and torch.cuda.is_bf16_supported(including_emulation=False)

    def __call__(self, batch: TrainingBatch, step: int, measure: bool = False) -> dict[str, float]:
        """Make step number ``step``; return losses, accuracies and gradient norms, averaged over the ranks.

        Args:
            measure: also return ``share_*``, how hard each loss pulls; it costs one more backward pass per loss.

        Raises:
            TrainingFailed: a loss or a gradient is not finite on some rank; no network has moved.
        """
        weights = active_weights(self.config.weights, self.config.schedule, step)
        values = self.gradients(batch, weights, measure)
        values |= self._norms()
        self._agree_that_finite(values, step)
        self._move(step)
        return self.group.mean(values)

    def gradients(self, batch: TrainingBatch, weights: dict[str, float], measure: bool = False) -> dict[str, float]:
        """Set the gradients of both networks, averaged over the ranks, and return this rank's losses."""
        self.generator_optimizer.zero_grad()
        self.discriminator_optimizer.zero_grad()
        with self._precision():
            logits_BCHW = self.generator(batch.degraded)
        # Both networks look at one candidate, so that the recognizer reads the clean and the restored lines once.
        candidate = Candidate(logits_BCHW.detach().requires_grad_(), batch, self.recognizer)
        values = self._discriminator_gradients(candidate, weights)
        values |= self._generator_gradients(logits_BCHW, candidate, weights, measure)
        self.group.average_gradients(self.generator.parameters())
        self.group.average_gradients(self.discriminator.parameters())
        return values

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.group.device.type, torch.bfloat16, enabled=self.mixed)

    def _discriminator_gradients(self, candidate: Candidate, weights: dict[str, float]) -> dict[str, float]:
        judges = {"adversarial_image": judge_images, "adversarial_text": judge_texts}
        self.discriminator.train()
        losses: dict[str, Tensor] = {}
        values: dict[str, float] = {}
        for name in judges.keys() & weights:
            with self._precision():
                found, accuracies = judges[name](self.discriminator, candidate)
            losses |= found
            values |= {f"accuracy_{kind}": share.mean().item() for kind, share in accuracies.items()}
        if losses:
            total = weighted_mean(losses, {name: SHARES[name] for name in losses})
            total.backward(inputs=list(self.discriminator.parameters()))
        return values | {f"discriminator_{name}": loss.mean().item() for name, loss in losses.items()}

    def _generator_gradients(
        self, logits_BCHW: Tensor, candidate: Candidate, weights: dict[str, float], measure: bool = False
    ) -> dict[str, float]:
        # In eval mode the discriminator's spectral norms stand still while the generator learns from it.
        self.discriminator.eval()
        leaf = candidate.logits
        with self._precision():
            losses = self.losses(candidate, weights)
        shares = gradient_shares(leaf, losses, weights) if measure else {}
        logits_BCHW.backward(self._judged(leaf, losses, weights))
        values = {name: loss.mean().item() for name, loss in losses.items()}
        return values | {f"share_{name}": share for name, share in shares.items()}

    @staticmethod
    def _judged(leaf_BCHW: Tensor, losses: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
        """Return the gradient of all losses at the generator's output; ``autograd.grad`` leaves every network alone."""
        steady = {name: loss for name, loss in losses.items() if name != BOUNDED}
        if not steady:
            return torch.autograd.grad(weighted_mean(losses, weights), leaf_BCHW)[0]
        total = weighted_mean(steady, {name: weights[name] for name in steady})
        gradient = torch.autograd.grad(total, leaf_BCHW, retain_graph=BOUNDED in losses)[0]
        if BOUNDED in losses:
            spelling = torch.autograd.grad(losses[BOUNDED].mean(), leaf_BCHW)[0]
            gradient = gradient + weights[BOUNDED] * limited(spelling, gradient)
        return gradient

    def _norms(self) -> dict[str, float]:
        limit = self.config.optimizer.clip_norm
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        return {
            f"gradient_norm_{name}": nn.utils.clip_grad_norm_(network.parameters(), limit).item()
            for name, network in networks.items()
        }

    def _agree_that_finite(self, values: dict[str, float], step: int) -> None:
        bad = sorted(name for name, value in values.items() if not math.isfinite(value))
        if self.group.any(bool(bad)):
            raise TrainingFailed(
                f"step {step}: not finite on this rank: {', '.join(bad) or 'nothing, but on another'}. Nothing was "
                "updated and the last checkpoint stays; lower optimizer.generator_rate or the weight of that loss"
            )

    def _move(self, step: int) -> None:
        optimizer, schedule = self.config.optimizer, self.config.schedule
        for parameters in self.generator_optimizer.param_groups:
            parameters["lr"] = optimizer.generator_rate * rate_factor(optimizer, step, schedule.steps)
        self.generator_optimizer.step()
        self.discriminator_optimizer.step()


def _adamw(network: nn.Module, rate: float, config: RestorerConfig) -> torch.optim.AdamW:
    """Return AdamW (Loshchilov & Hutter 2019) that decays weight matrices, not biases and scales."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.optimizer.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(config.optimizer.beta1, config.optimizer.beta2))
