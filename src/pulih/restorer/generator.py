"""The generator: a residual encoder-decoder, fully convolutional, without statistics over batch or image.

Nothing in it looks further than its receptive field, so a page restored by overlapping tiles equals the page restored
at once. Axes: B line, C channel, H height, W width.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from pulih.restorer.config import GeneratorConfig

RESIDUAL_START = 0.2


class Block(nn.Module):
    """Residual block of two dense convolutions, without normalisation, as in EDSR (Lim et al., CVPRW 2017).

    A learned scale per channel, as in NAFNet (Chen et al., ECCV 2022), keeps the residual small at the start in place
    of a normalisation. NAFNet's own block (LayerNorm, depthwise convolution, gate) restored worse at equal CPU time.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.scale = nn.Parameter(torch.full((1, channels, 1, 1), RESIDUAL_START))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return features of the same shape."""
        deeper_BCHW: Tensor = self.second(functional.relu(self.first(x_BCHW)))
        return x_BCHW + self.scale * deeper_BCHW


def _blocks(channels: int, number: int) -> nn.Sequential:
    return nn.Sequential(*[Block(channels) for _ in range(number)])


class Generator(nn.Module):
    """Maps degraded images to logits of paper; the sigmoid of a logit is the restored pixel."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        widths, self.fold = config.widths, config.stem
        self.stem = nn.Conv2d(self.fold**2, widths[0], 3, padding=1)
        self.encoder = nn.ModuleList(map(_blocks, widths, config.encoder_blocks))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in _pairs(widths))
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in _pairs(widths))
        self.decoder = nn.ModuleList(map(_blocks, widths, config.decoder_blocks))
        self.head = nn.Conv2d(widths[0], self.fold**2, 3, padding=1)

    def forward(self, degraded_BCHW: Tensor) -> Tensor:
        """Return logits (B, 1, H, W) for images (B, 1, H, W) in [0, 1], 1 = paper, H and W multiples of 32."""
        x_BCHW = self.stem(functional.pixel_unshuffle(degraded_BCHW, self.fold))
        skipped = []
        for encode, down in zip(self.encoder, self.down, strict=False):
            x_BCHW = encode(x_BCHW)
            skipped.append(x_BCHW)
            x_BCHW = down(x_BCHW)
        x_BCHW = self.encoder[-1](x_BCHW)
        for up, decode in zip(reversed(self.up), reversed(self.decoder), strict=True):
            x_BCHW = decode(functional.pixel_shuffle(up(x_BCHW), 2) + skipped.pop())
        return functional.pixel_shuffle(self.head(x_BCHW), self.fold)

    def restore(self, degraded_BCHW: Tensor) -> Tensor:
        """Return restored images (B, 1, H, W) in [0, 1]."""
        logits_BCHW: Tensor = self(degraded_BCHW)
        return logits_BCHW.float().sigmoid()


def _pairs(widths: Sequence[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(widths))
