"""Dual-modal discriminator: does the candidate look clean, and does it show this text?

Axes: B line, H height, W width, h and w patches, K image columns, T characters, C classes,
D channels.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from pulih.data.charset import BLANK
from pulih.recognizer.model import Recognizer
from pulih.restorer.config import DiscriminatorConfig

PATCH = 8
GAIN = 16.0
HEADS = 4
LEAST_LOG = -10.0  # below this one more factor of improbability says nothing


def _convolution(channels_in: int, channels_out: int, stride: int = 1) -> nn.Module:
    return spectral_norm(nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1))


class ImageBranch(nn.Module):
    """Patch decisions on (degraded, candidate) pairs, after the conditional PatchGAN (Isola et al., CVPR 2017).

    A restored line differs from a clean one in the sharpness of its edges, by a few grey levels in few pixels. Layers
    that are spectrally normalised cannot enlarge that, and at a quarter of the resolution they stayed at chance for a
    whole training; so they start at full resolution from what shows edges, enlarged by a fixed gain.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _convolution(4, width // 2, stride=2),
            nn.LeakyReLU(0.2),
            _convolution(width // 2, width, stride=2),
            nn.LeakyReLU(0.2),
            _convolution(width, 2 * width, stride=2),
            nn.LeakyReLU(0.2),
            _convolution(2 * width, 1),
        )

    def forward(self, degraded_BCHW: Tensor, candidate_BCHW: Tensor) -> Tensor:
        """Return logits (B, 1, H / 8, W / 8) for images (B, 1, H, W) in [0, 1]; positive = clean."""
        undecided_BCHW = 4 * candidate_BCHW * (1 - candidate_BCHW)
        edges_BCHW = 4 * (candidate_BCHW - functional.avg_pool2d(candidate_BCHW, 3, 1, 1, count_include_pad=False))
        views = [1 - degraded_BCHW, 1 - candidate_BCHW, undecided_BCHW, edges_BCHW]
        logits: Tensor = self.layers(GAIN * torch.cat(views, dim=1))
        return logits


class Columns(NamedTuple):
    """What the text branch sees of lines: ``values`` (B, K, D) and the reader's log posteriors (B, K, C)."""

    values: Tensor
    posteriors: Tensor


class TextBranch(nn.Module):
    """Characters attend to image columns and judge, one by one, whether the image shows them there.

    The columns are those of the frozen recognizer (a discriminator on fixed features: Sauer et al., NeurIPS 2021): a
    branch that had to learn to see as well stayed at chance for a whole training. The attention starts where the
    recognizer finds the character, near the diagonal (character t of T is at t / T of the line), and learns how far to
    trust either.
    """

    def __init__(self, width: int, classes: int, reader_width: int) -> None:
        super().__init__()
        self.column = nn.Sequential(nn.LayerNorm(reader_width), nn.Linear(reader_width, width))
        # Padding is a zero, like the border of the convolution, so that longer texts in a batch change nothing.
        self.character = nn.Embedding(classes, width, padding_idx=BLANK)
        self.neighbours = nn.Conv1d(width, width, 3, padding=1)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.sharpness = nn.Parameter(torch.full((HEADS,), 100.0).log())
        self.trust = nn.Parameter(torch.ones(HEADS))
        self.decide = nn.Sequential(nn.Linear(3 * width + HEADS, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))

    def columns(self, features_BC1K: Tensor, reading_BKC: Tensor) -> Columns:
        """Return what can be judged, from the recognizer's last feature map and its logits."""
        values: Tensor = self.column(features_BC1K[:, :, 0].transpose(1, 2))
        return Columns(values, reading_BKC.log_softmax(-1).clamp_min(LEAST_LOG))

    def judge(self, columns: Columns, columns_B: Tensor, codes_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Return one logit per character (B, T); positive = the image shows it. Padding has no meaning.

        ``columns_B`` is the number of columns that each line covers.
        """
        queries_BTD, attention, evidence_B1TK = self._attend(columns, columns_B, codes_BT, lengths_B)
        values = self._heads(self.value(columns.values))
        found = (attention @ values).transpose(1, 2).flatten(2)
        read = (attention * evidence_B1TK).sum(-1).transpose(1, 2)
        logits: Tensor = self.decide(torch.cat([queries_BTD, found, queries_BTD * found, read], dim=-1)).squeeze(-1)
        return logits

    def alignment(self, columns: Columns, columns_B: Tensor, codes_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Return where each character is looked for: (B, T, K), mean over the heads, each row together 1."""
        return self._attend(columns, columns_B, codes_BT, lengths_B)[1].mean(1)

    def _attend(
        self, columns: Columns, columns_B: Tensor, codes_BT: Tensor, lengths_B: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries (B, T, D), attention (B, heads, T, K) and the reader's log posterior of each character."""
        characters = self.character(codes_BT)
        queries = characters + self.neighbours(characters.transpose(1, 2)).transpose(1, 2)
        wanted = codes_BT[:, None, :].expand(-1, columns.values.shape[1], -1)
        evidence_B1TK = columns.posteriors.gather(2, wanted).transpose(1, 2)[:, None]
        keys = self._heads(self.key(columns.values))
        likeness = self._heads(self.query(queries)) @ keys.transpose(-1, -2) / keys.shape[-1] ** 0.5
        nearness = self._nearness(columns.values.shape[1], columns_B, codes_BT.shape[1], lengths_B)
        attention = (likeness + nearness + self.trust[None, :, None, None] * evidence_B1TK).softmax(-1)
        return queries, attention, evidence_B1TK

    def _nearness(self, columns: int, columns_B: Tensor, characters: int, lengths_B: Tensor) -> Tensor:
        where_BK = (torch.arange(columns, device=columns_B.device) + 0.5) / columns_B[:, None]
        where_BT = (torch.arange(characters, device=columns_B.device) + 0.5) / lengths_B[:, None]
        distance = (where_BT[:, None, :, None] - where_BK[:, None, None, :]).square()
        bias = -distance * self.sharpness.exp()[None, :, None, None]
        return bias.masked_fill((where_BK > 1)[:, None, None, :], -1e4)

    @staticmethod
    def _heads(values_BND: Tensor) -> Tensor:
        split: Tensor = values_BND.unflatten(-1, (HEADS, -1))
        return split.transpose(1, 2)


class Discriminator(nn.Module):
    """The two branches; each is used, and paid for, only when its loss has a weight."""

    def __init__(self, config: DiscriminatorConfig, recognizer: Recognizer) -> None:
        super().__init__()
        self.image = ImageBranch(config.image_width)
        self.text = TextBranch(config.text_width, *recognizer.classify.weight.shape)
