"""What the discriminator learns from: clean lines are real; restored lines and wrong texts are not.

Axes: B line, H height, W width, h and w patches, T characters.
"""

import torch
from torch import Tensor
from torch.nn import functional

from pulih.restorer.discriminator import Columns, Discriminator
from pulih.restorer.feed import Transcript
from pulih.restorer.losses import Candidate, patch_mask, per_line

# Real and not real weigh the same; the text branch has two ways of not being real (Reed et al., ICML 2016).
SHARES = {"image_real": 0.5, "image_fake": 0.5, "text_real": 0.5, "text_fake": 0.25, "text_mismatch": 0.25}
SHARES |= {"text_fake_alone": 0.5}  # in a training without wrong texts
Judgement = dict[str, Tensor]


def hinge(logits: Tensor, wanted: Tensor | float) -> Tensor:
    """Return the hinge loss of logits that should have the sign of ``wanted`` in {-1, 1} (Lim & Ye 2017)."""
    return functional.relu(1 - wanted * logits)


def correct(logits: Tensor, wanted: Tensor | float) -> Tensor:
    """Return 1 where a logit has the sign of ``wanted``, else 0."""
    return (logits.detach() * wanted > 0).float()


def judge_images(discriminator: Discriminator, candidate: Candidate) -> tuple[Judgement, ...]:
    """Return the losses and the accuracies (B) of the image branch on the clean and the restored lines."""
    batch = candidate.batch
    pairs = torch.cat([batch.degraded, batch.degraded]), torch.cat([batch.clean, candidate.image])
    real, fake = discriminator.image(*pairs).float().chunk(2)
    mask = patch_mask(batch.mask, real)
    losses = {"image_real": per_line(hinge(real, 1), mask), "image_fake": per_line(hinge(fake, -1), mask)}
    accuracies = {"image_real": per_line(correct(real, 1), mask), "image_fake": per_line(correct(fake, -1), mask)}
    return losses, accuracies


def judge_texts(discriminator: Discriminator, candidate: Candidate) -> tuple[Judgement, ...]:
    """Return the losses and the accuracies (B) of the text branch on right text, restored lines and wrong text."""
    branch = discriminator.text
    clean = branch.columns(candidate.clean_features[-1], candidate.clean_reading)
    restored = branch.columns(candidate.features[-1], candidate.reading)
    right, wrong = candidate.batch.transcript, candidate.batch.mismatched
    cases: dict[str, tuple[Columns, Transcript, Tensor | float]] = {"text_real": (clean, right, 1.0)}
    if wrong is None:
        cases["text_fake_alone"] = (restored, right, -1.0)
    else:
        cases |= {"text_fake": (restored, right, -1.0), "text_mismatch": (clean, wrong, 2 * wrong.shown - 1)}
    losses, accuracies = {}, {}
    for name, (columns, text, wanted) in cases.items():
        logits_BT = branch.judge(columns, candidate.columns, text.codes, text.lengths).float()
        losses[name] = text.mean(hinge(logits_BT, wanted))
        accuracies[name] = text.mean(correct(logits_BT, wanted))
    return losses, accuracies
