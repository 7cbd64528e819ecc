"""The generator's losses: a name, a weight and one number per line each.

Axes: B line, H height, W width, T column or character, K class. Every loss is normalised inside its line and averaged
over the lines, so that neither padding nor the number of processes changes it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from pytorch_msssim import ssim
from torch import Tensor
from torch.nn import functional

from pulih.common.errors import PulihError
from pulih.recognizer.ctc import columns_of
from pulih.recognizer.model import Recognizer
from pulih.restorer.discriminator import PATCH, Discriminator
from pulih.restorer.feed import TrainingBatch, Transcript

CHARBONNIER = 1e-3


def check_names(losses: Iterable[str], weights: Iterable[str]) -> None:
    """Raise PulihError unless the names of the losses are exactly the names of the weights."""
    found, wanted = sorted(losses), sorted(weights)
    if found != wanted:
        raise PulihError(f"the losses {found} and the weights {wanted} must have the same names")


def weighted_mean(losses_B: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    """Return the weighted sum of the losses, each averaged over the lines; raises PulihError on differing names."""
    check_names(losses_B, weights)
    terms = [weights[name] * losses_B[name].mean() for name in sorted(losses_B)]
    return torch.stack(terms).sum()


def per_line(map_BCHW: Tensor, mask_BCHW: Tensor) -> Tensor:
    """Return the mean over the pixels with mask 1 of each line (B)."""
    return (map_BCHW * mask_BCHW).flatten(1).sum(1) / mask_BCHW.flatten(1).sum(1)


def patch_mask(mask_BCHW: Tensor, patches_BChw: Tensor) -> Tensor:
    """Return the mask of the patches that lie in the line at least in part, shape of ``patches_BChw``."""
    return functional.max_pool2d(mask_BCHW, PATCH).expand_as(patches_BChw)


def charbonnier(restored_BCHW: Tensor, clean_BCHW: Tensor, mask_BCHW: Tensor) -> Tensor:
    """Return a smooth L1 distance per line (Charbonnier et al., ICIP 1994)."""
    return per_line(((restored_BCHW - clean_BCHW).square() + CHARBONNIER**2).sqrt(), mask_BCHW)


def structure(restored_BCHW: Tensor, clean_BCHW: Tensor) -> Tensor:
    """Return 1 - SSIM per line (Wang et al. 2004) of images in [0, 1]; padding must be paper in both."""
    similarity: Tensor = ssim(restored_BCHW.float(), clean_BCHW.float(), data_range=1.0, size_average=False)
    return 1 - similarity


def feature_distance(found_BCHW: Tensor, wanted_BCHW: Tensor, columns_B: Tensor) -> Tensor:
    """Return the L1 distance of two feature maps per line, relative to the size of the wanted one."""
    inside_BW = torch.arange(wanted_BCHW.shape[-1], device=columns_B.device)[None, :] < columns_B[:, None]
    mask = inside_BW[:, None, None, :].float().expand_as(wanted_BCHW)
    distance = per_line((found_BCHW - wanted_BCHW).float().abs(), mask)
    return distance / (per_line(wanted_BCHW.float().abs(), mask) + 1e-6)


def posterior_divergence(found_BTK: Tensor, wanted_BTK: Tensor, columns_B: Tensor) -> Tensor:
    """Return KL(wanted || found) of the reader's posteriors, mean over columns, per line (TATT, CVPR 2022)."""
    log_found, log_wanted = found_BTK.float().log_softmax(-1), wanted_BTK.float().log_softmax(-1)
    divergence_BT = (log_wanted.exp() * (log_wanted - log_found)).sum(-1)
    inside_BT = torch.arange(divergence_BT.shape[1], device=columns_B.device)[None, :] < columns_B[:, None]
    return (divergence_BT * inside_BT).sum(1) / columns_B


def spelling(logits_BTK: Tensor, columns_B: Tensor, transcript: Transcript) -> Tensor:
    """Return the CTC loss per line and character (Graves et al., ICML 2006)."""
    log_probs_TBK = logits_BTK.float().log_softmax(-1).transpose(0, 1)
    loss_B = functional.ctc_loss(
        log_probs_TBK, transcript.codes, columns_B, transcript.lengths, reduction="none", zero_infinity=True
    )
    return loss_B / transcript.lengths


@dataclass(frozen=True)
class Candidate:
    """A restored batch under judgement: ``logits`` (B, 1, H, W), positive = paper; readings are made once, on demand.

    The padding of ``image`` is paper, as in the clean line.
    """

    logits: Tensor
    batch: TrainingBatch
    recognizer: Recognizer

    @cached_property
    def image(self) -> Tensor:
        """The restored lines (B, 1, H, W) in [0, 1]."""
        return self.logits.float().sigmoid() * self.batch.mask + (1 - self.batch.mask)

    @cached_property
    def columns(self) -> Tensor:
        """The columns (B) of the recognizer that each line covers."""
        return columns_of(self.batch.widths, self.recognizer.stride)

    @cached_property
    def features(self) -> tuple[Tensor, ...]:
        """The recognizer's feature maps of the restored lines."""
        return self.recognizer.features(self.image)

    @cached_property
    def reading(self) -> Tensor:
        """The recognizer's logits (B, T, K) on the restored lines."""
        return self.recognizer.scores(self.features[-1])

    @cached_property
    def clean_features(self) -> tuple[Tensor, ...]:
        """The recognizer's feature maps of the clean lines."""
        with torch.no_grad():
            return self.recognizer.features(self.batch.clean)

    @cached_property
    def clean_reading(self) -> Tensor:
        """The recognizer's logits (B, T, K) on the clean lines."""
        with torch.no_grad():
            return self.recognizer.scores(self.clean_features[-1])


class GeneratorLosses:
    """Computes the losses that are asked for; the others cost nothing."""

    def __init__(self, discriminator: Discriminator, weights: Iterable[str]) -> None:
        self.discriminator = discriminator
        self.terms: dict[str, Callable[[Candidate], Tensor]] = {
            "pixel": lambda it: charbonnier(it.image, it.batch.clean, it.batch.mask),
            "bce": self._cross_entropy,
            "ssim": lambda it: structure(it.image, it.batch.clean),
            "adversarial_image": self._patches,
            "adversarial_text": self._characters,
            "features": self._features,
            "posterior": lambda it: posterior_divergence(it.reading, it.clean_reading, it.columns),
            "ctc": lambda it: spelling(it.reading, it.columns, it.batch.transcript),
        }
        check_names(self.terms, weights)

    def __call__(self, candidate: Candidate, names: Iterable[str]) -> dict[str, Tensor]:
        """Return the named losses, one number per line (B) each."""
        return {name: self.terms[name](candidate) for name in names}

    @staticmethod
    def _cross_entropy(it: Candidate) -> Tensor:
        loss = functional.binary_cross_entropy_with_logits(it.logits.float(), it.batch.clean, reduction="none")
        return per_line(loss, it.batch.mask)

    @staticmethod
    def _features(it: Candidate) -> Tensor:
        pairs = zip(it.features, it.clean_features, strict=True)
        return torch.stack([feature_distance(found, wanted, it.columns) for found, wanted in pairs]).mean(0)

    def _patches(self, it: Candidate) -> Tensor:
        logits = self.discriminator.image(it.batch.degraded, it.image).float()
        return -per_line(logits, patch_mask(it.batch.mask, logits))

    def _characters(self, it: Candidate) -> Tensor:
        columns = self.discriminator.text.columns(it.features[-1], it.reading)
        transcript = it.batch.transcript
        logits_BT = self.discriminator.text.judge(columns, it.columns, transcript.codes, transcript.lengths)
        return -transcript.mean(logits_BT.float())
