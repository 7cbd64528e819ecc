"""The networks of "Enhance to Read Better" (Jemni et al. 2022), built from the paper's description.

Axes: B line, C channel, H height, W width, h and w patches.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from pulih.evaluation.peers.config import UNetConfig


def _double(channels_in: int, channels_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for first, second in ((channels_in, channels_out), (channels_out, channels_out)):
        layers += [nn.Conv2d(first, second, 3, padding=1, bias=False), nn.BatchNorm2d(second), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Encoder-decoder with skip connections (Ronneberger et al., MICCAI 2015) and batch normalisation.

    Two convolutions per level and way, one after each enlargement and one at the end: 23 with five levels.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        widths = config.widths
        self.encoder = nn.ModuleList(_double(a, b) for a, b in pairwise((1, *widths)))
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(config.dropout)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(b, a, 3, padding=1)) for a, b in pairwise(widths)
        )
        self.decoder = nn.ModuleList(_double(2 * a, a) for a in widths[:-1])
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, degraded_BCHW: Tensor) -> Tensor:
        """Return logits (B, 1, H, W), positive = paper, for images in [0, 1]; H and W multiples of 2^(levels - 1)."""
        x_BCHW = 1 - degraded_BCHW
        skipped = []
        for encode in list(self.encoder)[:-1]:
            x_BCHW = encode(x_BCHW)
            skipped.append(x_BCHW)
            x_BCHW = self.pool(x_BCHW)
        x_BCHW = self.dropout(self.encoder[-1](x_BCHW))
        for up, decode in zip(reversed(self.up), reversed(self.decoder), strict=True):
            x_BCHW = decode(torch.cat([skipped.pop(), up(x_BCHW)], dim=1))
        logits_BCHW: Tensor = self.head(x_BCHW)
        return logits_BCHW

    def restore(self, degraded_BCHW: Tensor) -> Tensor:
        """Return restored images (B, 1, H, W) in [0, 1]."""
        logits_BCHW: Tensor = self(degraded_BCHW)
        return logits_BCHW.sigmoid()


class PatchDiscriminator(nn.Module):
    """Patch decisions on (degraded, candidate) pairs (Isola et al., CVPR 2017): near 1 = clean, near 0 = restored."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for level, (a, b) in enumerate(pairwise((2, *widths))):
            layers.append(nn.Conv2d(a, b, 4, stride=2, padding=1))
            # The first layer has no normalisation, as in the PatchGAN.
            layers += [nn.BatchNorm2d(b), nn.LeakyReLU(0.2)] if level else [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 3, padding=1))
        self.patch = 2 ** len(widths)

    def forward(self, degraded_BCHW: Tensor, candidate_BCHW: Tensor) -> Tensor:
        """Return scores (B, 1, H / patch, W / patch) for images (B, 1, H, W) in [0, 1]."""
        scores: Tensor = self.layers(torch.cat([degraded_BCHW, candidate_BCHW], dim=1))
        return scores


def parameters_of(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
