"""Dual-modal discriminator: does the candidate look clean, and does it show this text?

Axes: B line, H height, W width, h and w patches, K image columns, T characters, D channels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from pulih.data.charset import BLANK
from pulih.restorer.config import DiscriminatorConfig

FOLD = 4
PATCH = 2 * FOLD
HEADS = 4


def _convolution(channels_in: int, channels_out: int, stride: int | tuple[int, int] = 1) -> nn.Module:
    return spectral_norm(nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1))


class ImageBranch(nn.Module):
    """Patch decisions on (degraded, candidate) pairs, after the conditional PatchGAN (Isola et al., CVPR 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(FOLD),
            _convolution(2 * FOLD**2, width),
            nn.LeakyReLU(0.2),
            _convolution(width, 2 * width, stride=2),
            nn.LeakyReLU(0.2),
            _convolution(2 * width, 2 * width),
            nn.LeakyReLU(0.2),
            _convolution(2 * width, 1),
        )

    def forward(self, degraded_BCHW: Tensor, candidate_BCHW: Tensor) -> Tensor:
        """Return logits (B, 1, H / 8, W / 8) for images (B, 1, H, W) in [0, 1]; positive = clean."""
        logits: Tensor = self.layers(torch.cat([degraded_BCHW, candidate_BCHW], dim=1))
        return logits


class TextBranch(nn.Module):
    """Characters attend to image columns and judge, one by one, whether the image shows them there.

    The attention starts near the diagonal (character t of T looks at t / T of the line) and learns how far to look.
    """

    def __init__(self, width: int, classes: int, height: int) -> None:
        super().__init__()
        self.see = nn.Sequential(
            nn.PixelUnshuffle(FOLD),
            _convolution(FOLD**2, width),
            nn.LeakyReLU(0.2),
            _convolution(width, width, stride=(2, 1)),
            nn.LeakyReLU(0.2),
            _convolution(width, width, stride=(2, 1)),
            nn.LeakyReLU(0.2),
        )
        rows = -(-height // FOLD // 4)
        self.column = nn.Linear(width * rows, width)
        # Padding is a zero, like the border of the convolution, so that longer texts in a batch change nothing.
        self.character = nn.Embedding(classes, width, padding_idx=BLANK)
        self.neighbours = nn.Conv1d(width, width, 3, padding=1)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.sharpness = nn.Parameter(torch.full((HEADS,), 100.0).log())
        self.decide = nn.Sequential(nn.Linear(3 * width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))

    def columns(self, candidate_BCHW: Tensor) -> Tensor:
        """Return column features (B, W / 4, D) of images (B, 1, H, W) in [0, 1]."""
        seen = self.see(candidate_BCHW)
        columns: Tensor = self.column(seen.flatten(1, 2).transpose(1, 2))
        return columns

    def judge(self, columns_BKD: Tensor, widths_B: Tensor, codes_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Return one logit per character (B, T); positive = the image shows it. Padding has no meaning."""
        characters = self.character(codes_BT)
        queries = characters + self.neighbours(characters.transpose(1, 2)).transpose(1, 2)
        bias = self._nearness(columns_BKD.shape[1], widths_B, codes_BT.shape[1], lengths_B)
        found = functional.scaled_dot_product_attention(
            self._heads(self.query(queries)),
            self._heads(self.key(columns_BKD)),
            self._heads(self.value(columns_BKD)),
            attn_mask=bias.to(queries.dtype),
        )
        found = found.transpose(1, 2).flatten(2)
        logits: Tensor = self.decide(torch.cat([queries, found, queries * found], dim=-1)).squeeze(-1)
        return logits

    def _nearness(self, columns: int, widths_B: Tensor, characters: int, lengths_B: Tensor) -> Tensor:
        at_K = (torch.arange(columns, device=widths_B.device) + 0.5) * FOLD
        where_BK = at_K / widths_B[:, None]
        where_BT = (torch.arange(characters, device=widths_B.device) + 0.5) / lengths_B[:, None]
        distance = (where_BT[:, None, :, None] - where_BK[:, None, None, :]).square()
        bias = -distance * self.sharpness.exp()[None, :, None, None]
        return bias.masked_fill((where_BK > 1)[:, None, None, :], -1e4)

    @staticmethod
    def _heads(values_BND: Tensor) -> Tensor:
        split: Tensor = values_BND.unflatten(-1, (HEADS, -1))
        return split.transpose(1, 2)


class Discriminator(nn.Module):
    """The two branches; each is used, and paid for, only when its loss has a weight."""

    def __init__(self, config: DiscriminatorConfig, classes: int, height: int) -> None:
        super().__init__()
        self.image = ImageBranch(config.image_width)
        self.text = TextBranch(config.text_width, classes, height)
