"""The exponential moving average of the generator's weights, which is what the training leaves behind."""

import copy

import torch

from pulih.restorer.generator import Generator


class Average:
    """A copy of a generator that follows it slowly: w <- d w + (1 - d) w', with d rising from 0.1 to ``decay``.

    The rise, d = min(decay, (1 + n) / (10 + n)) after n updates, lets the average forget the random start.
    """

    def __init__(self, network: Generator, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: Generator, step: int) -> None:
        """Move towards ``network`` after its step number ``step``, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        averaged: list[torch.Tensor] = list(self.network.parameters())
        current: list[torch.Tensor] = list(network.parameters())
        torch._foreach_lerp_(averaged, current, 1 - decay)
