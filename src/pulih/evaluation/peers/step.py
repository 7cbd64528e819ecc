"""One step of a peer: the discriminator learns, the recognizer learns on clean lines, then the generator learns.

Axes: B line, C channel, H height, W width, h and w patches.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from pulih.common.errors import TrainingFailed
from pulih.evaluation.peers.config import PeerConfig
from pulih.evaluation.peers.networks import PatchDiscriminator, UNet
from pulih.recognizer.model import Recognizer
from pulih.restorer.config import OptimizerConfig
from pulih.restorer.feed import TrainingBatch
from pulih.restorer.losses import Candidate, per_line, spelling
from pulih.restorer.schedule import rate_factor


@dataclass(frozen=True)
class PeerNetworks:
    """The networks that learn together."""

    generator: UNet
    discriminator: PatchDiscriminator
    recognizer: Recognizer


def least_squares(scores_BChw: Tensor, wanted: float, mask_BCHW: Tensor, patch: int) -> Tensor:
    """Return the mean squared distance of the patches from ``wanted`` (Mao et al., ICCV 2017), padding left out."""
    inside_BChw = functional.max_pool2d(mask_BCHW, patch)
    return per_line((scores_BChw - wanted).square(), inside_BChw).mean()


class PeerStep:
    """Makes steps; networks whose loss has weight 0 are neither run nor trained."""

    def __init__(self, networks: PeerNetworks, config: PeerConfig) -> None:
        self.networks, self.config = networks, config
        rates = config.optimizer
        betas = (rates.beta1, rates.beta2)
        self.generator_optimizer = torch.optim.Adam(networks.generator.parameters(), rates.generator_rate, betas)
        self.discriminator_optimizer = torch.optim.Adam(
            networks.discriminator.parameters(), rates.discriminator_rate, betas
        )
        # A momentum of 0.5 belongs to the adversaries; the recognizer learns as in its own stage.
        self.recognizer_optimizer = torch.optim.AdamW(networks.recognizer.parameters(), rates.recognizer_rate)
        self._rates = (rates.generator_rate, rates.discriminator_rate, rates.recognizer_rate)
        self._shape = OptimizerConfig(warmup=rates.warmup, final=rates.final)

    def __call__(self, batch: TrainingBatch, step: int) -> dict[str, float]:
        """Make step number ``step`` and return the losses; raises TrainingFailed when one is not finite."""
        self._set_rates(step)
        self.networks.generator.train()
        candidate = Candidate(self.networks.generator(batch.degraded), batch, self.networks.recognizer)
        values: dict[str, float] = {}
        if self.config.adversarial:
            values["discriminator"] = self._teach_discriminator(candidate)
        if self.config.ctc:
            values["recognizer"] = self._teach_recognizer(candidate)
        values |= self._teach_generator(candidate)
        if bad := sorted(name for name, value in values.items() if not math.isfinite(value)):
            raise TrainingFailed(f"step {step} of a peer: not finite: {', '.join(bad)}; lower its optimizer's rates")
        return values

    def _set_rates(self, step: int) -> None:
        factor = rate_factor(self._shape, step, self.config.steps)
        optimizers = (self.generator_optimizer, self.discriminator_optimizer, self.recognizer_optimizer)
        for optimizer, rate in zip(optimizers, self._rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor

    def _teach_discriminator(self, it: Candidate) -> float:
        discriminator, batch = self.networks.discriminator, it.batch
        discriminator.train()
        clean, restored = (discriminator(batch.degraded, image) for image in (batch.clean, it.image.detach()))
        loss = 0.5 * least_squares(clean, 1.0, batch.mask, discriminator.patch)
        loss = loss + 0.5 * least_squares(restored, 0.0, batch.mask, discriminator.patch)
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return loss.item()

    def _teach_recognizer(self, it: Candidate) -> float:
        recognizer = self.networks.recognizer.train()
        loss = spelling(recognizer(it.batch.clean), it.columns, it.batch.transcript).mean()
        self.recognizer_optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(recognizer.parameters(), self.config.optimizer.clip_norm)
        self.recognizer_optimizer.step()
        return loss.item()

    def _teach_generator(self, it: Candidate) -> dict[str, float]:
        judges = nn.ModuleList([self.networks.discriminator, self.networks.recognizer]).requires_grad_(False)
        losses = {"bce": self._cross_entropy(it)}
        if self.config.adversarial:
            discriminator = self.networks.discriminator
            scores = discriminator(it.batch.degraded, it.image)
            losses["adversarial"] = least_squares(scores, 1.0, it.batch.mask, discriminator.patch)
        if self.config.ctc:
            # In eval mode no statistics of restored lines reach a recognizer that learns on clean ones.
            self.networks.recognizer.eval()
            losses["ctc"] = spelling(it.reading, it.columns, it.batch.transcript).mean()
        self.generator_optimizer.zero_grad()
        torch.stack([getattr(self.config, name) * loss for name, loss in losses.items()]).sum().backward()
        self.generator_optimizer.step()
        judges.requires_grad_(True)
        return {name: loss.item() for name, loss in losses.items()}

    @staticmethod
    def _cross_entropy(it: Candidate) -> Tensor:
        loss_BCHW = functional.binary_cross_entropy_with_logits(it.logits, it.batch.clean, reduction="none")
        return per_line(loss_BCHW, it.batch.mask).mean()
