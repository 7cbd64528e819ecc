"""How hard each loss pulls at the restored image: the figure by which weights are chosen.

Axes: B line, C channel, H height, W width.
"""

import torch
from torch import Tensor

BOUNDED = "ctc"  # the loss whose gradient is limited by that of the others


def limited(gradient_BCHW: Tensor, reference_BCHW: Tensor) -> Tensor:
    """Return a gradient scaled down, line by line, to at most the root mean square of a reference.

    Direct CTC gradients explode on lines that cannot be read; ScrabbleGAN (CVPR 2020, eq. 3) rescales them too. Here
    they are never scaled up, so a line that reads well is left alone.
    """
    sizes, allowed = (g.square().mean((1, 2, 3), keepdim=True).sqrt() for g in (gradient_BCHW, reference_BCHW))
    return gradient_BCHW * (allowed / sizes.clamp_min(1e-12)).clamp_max(1.0)


def gradient_shares(leaf_BCHW: Tensor, losses: dict[str, Tensor], weights: dict[str, float]) -> dict[str, float]:
    """Return the share of every weighted loss in the gradients at the generator's output, in [0, 1], together 1.

    A share is the root mean square of that loss's own gradient over the sum of all of them; losses that pull against
    each other count like those that agree. The graph of the losses is kept.

    Args:
        leaf_BCHW: the generator's logits, from which the losses (B each, by name) were computed.
    """
    pulls = {name: _pull(leaf_BCHW, loss, weights[name]) for name, loss in losses.items()}
    steady = [pull for name, pull in pulls.items() if name != BOUNDED]
    if BOUNDED in pulls and steady:
        pulls[BOUNDED] = weights[BOUNDED] * limited(pulls[BOUNDED] / weights[BOUNDED], torch.stack(steady).sum(0))
    sizes = {name: pull.square().mean().sqrt().item() for name, pull in pulls.items()}
    total = sum(sizes.values())
    return {name: size / total if total else 0.0 for name, size in sizes.items()}


def _pull(leaf_BCHW: Tensor, loss_B: Tensor, weight: float) -> Tensor:
    return weight * torch.autograd.grad(loss_B.mean(), leaf_BCHW, retain_graph=True)[0]
