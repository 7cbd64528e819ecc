"""Layers whose result for a line does not depend on the other lines of its batch, nor on how a batch is split.

Axes: B line, C channel, H height, W width. Feature maps are kept channels-last in memory: on the CPU depthwise and
pointwise convolutions and the normalization run fastest so.
"""

from itertools import pairwise

import torch
from torch import nn


class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of every position of (B, C, H, W), as in ConvNeXt (Liu et al. 2022)."""

    def forward(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return maps of the same shape with zero mean and unit variance at each position, then scaled."""
        return super().forward(maps_BCHW.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Pointwise(nn.Linear):
    """A convolution of kernel 1 over (B, C, H, W), as a matrix product."""

    def forward(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return (B, out_features, H, W)."""
        return super().forward(maps_BCHW.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """A residual block: depthwise convolution, normalization, and two pointwise layers (ConvNeXt with ReLU)."""

    def __init__(self, channels: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.spread = nn.Conv2d(channels, channels, kernel, padding=padding, groups=channels)
        self.norm = ChannelNorm(channels)
        self.widen = Pointwise(channels, 2 * channels)
        self.narrow = Pointwise(2 * channels, channels)
        # Nearly the identity at first: deep stacks then learn from the first step.
        nn.init.normal_(self.narrow.weight, std=0.01)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return maps of the same shape."""
        changed: torch.Tensor = self.narrow(self.widen(self.norm(self.spread(maps_BCHW))).relu())
        return maps_BCHW + changed


class Stem(nn.Module):
    """From the image to the first feature map of 16 rows: ``height / 16`` pixels become one row and one column."""

    def __init__(self, channels: int, height: int) -> None:
        super().__init__()
        halvings = (height // 64).bit_length() - 1
        widths = [1, *[8] * halvings]
        self.halve = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.unshuffle = nn.PixelUnshuffle(4)
        self.mix = nn.Conv2d(16 * widths[-1], channels, 3, padding=1)
        self.norm = ChannelNorm(channels)

    def forward(self, ink_B1HW: torch.Tensor) -> torch.Tensor:
        """Return (B, channels, 16, W / stride) of an image in [0, 1], 1 = ink, so that padding of zeros is paper."""
        maps = ink_B1HW
        for layer in self.halve:
            maps = layer(maps).relu()
        mixed = self.mix(self.unshuffle(maps).contiguous(memory_format=torch.channels_last))
        normed: torch.Tensor = self.norm(mixed)
        return normed


def conv_norm(
    incoming: int, outgoing: int, kernel: tuple[int, int], padding: tuple[int, int] | None = None
) -> nn.Sequential:
    """Return a convolution, keeping height and width unless ``padding`` says otherwise, with its norm and ReLU."""
    around = (kernel[0] // 2, kernel[1] // 2) if padding is None else padding
    convolution = nn.Conv2d(incoming, outgoing, kernel, padding=around)
    return nn.Sequential(convolution, ChannelNorm(outgoing), nn.ReLU())
