"""Training batches by step number alone: the same step gives the same lines, crops and wrong texts at any time.

Axes: B line, H height, W width, T character.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from pulih.common.dist import Group
from pulih.common.errors import ConfigError
from pulih.common.seed import generator
from pulih.data.batches import epoch_order, padded_width, stack
from pulih.data.charset import Charset
from pulih.data.lines import GreyImage, LineSample
from pulih.restorer.config import RestorerConfig
from pulih.restorer.negatives import Mismatch, mismatches
from pulih.restorer.schedule import first_whole_line_step


@dataclass(frozen=True)
class Transcript:
    """Texts of lines: ``codes`` int64 (B, T) padded with 0, ``lengths`` (B), ``shown`` (B, T): 1 = in the image."""

    codes: Tensor
    lengths: Tensor
    shown: Tensor

    def mean(self, values_BT: Tensor) -> Tensor:
        """Return the mean over the characters of each line (B)."""
        inside = torch.arange(values_BT.shape[1], device=values_BT.device)[None, :] < self.lengths[:, None]
        return (values_BT * inside).sum(1) / self.lengths

    def to(self, device: torch.device) -> "Transcript":
        """Return the transcript on ``device``."""
        return Transcript(self.codes.to(device), self.lengths.to(device), self.shown.to(device))


@dataclass(frozen=True)
class TrainingBatch:
    """One rank's lines: images (B, 1, H, W) in [0, 1], 1 = paper, ``mask`` 1 inside the line, ``widths`` (B) in pixels.

    ``texts`` and ``mismatched`` exist for whole lines only; a crop has no text of its own.
    """

    degraded: Tensor
    clean: Tensor
    mask: Tensor
    widths: Tensor
    texts: Transcript | None = None
    mismatched: Transcript | None = None

    @property
    def transcript(self) -> Transcript:
        """The texts, which losses on text may only ask of whole lines."""
        assert self.texts is not None
        return self.texts

    @property
    def mismatch(self) -> Transcript:
        """The wrong texts of whole lines."""
        assert self.mismatched is not None
        return self.mismatched

    def to(self, device: torch.device) -> "TrainingBatch":
        """Return the batch on ``device``."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return TrainingBatch(**{name: value.to(device) for name, value in values.items() if value is not None})


def images_of(pairs: Sequence[tuple[GreyImage, GreyImage]], width: int) -> TrainingBatch:
    """Stack (degraded, clean) pairs (H, w) at one width, padded right with paper."""
    widths = torch.tensor([clean.shape[1] for _, clean in pairs])
    degraded, clean = stack([pair[0] for pair in pairs], width), stack([pair[1] for pair in pairs], width)
    inside_BW = torch.arange(width)[None, :] < widths[:, None]
    mask = inside_BW.float()[:, None, None, :].expand_as(clean).contiguous()
    return TrainingBatch(degraded, clean, mask, widths)


def transcript_of(mismatched: Sequence[Mismatch], charset: Charset) -> Transcript:
    """Encode texts and their per-character truth."""
    codes = [torch.tensor(charset.encode(one.text)) for one in mismatched]
    shown = [torch.tensor(one.shown, dtype=torch.float32) for one in mismatched]
    pad = torch.nn.utils.rnn.pad_sequence
    return Transcript(pad(codes, batch_first=True), torch.tensor([len(c) for c in codes]), pad(shown, batch_first=True))


class Feed:
    """The training lines in memory, cut and stacked for any step.

    Raises:
        ConfigError: fewer lines than a batch needs, or a batch that the processes cannot share equally.
        InputError: a line has characters outside the charset.
    """

    def __init__(self, samples: Sequence[LineSample], charset: Charset, config: RestorerConfig) -> None:
        self.samples, self.charset, self.config = samples, charset, config
        self.texts = [charset.normalize(sample.text) for sample in samples]
        for text in self.texts:
            charset.encode(text)
        self.widths = [sample.clean.shape[1] for sample in samples]
        self.whole_from = first_whole_line_step(config)
        self._order: tuple[tuple[str, int, int], list[list[int]]] | None = None
        beside_pages = config.pages.lines if config.pages.steps else 0
        largest = max(config.schedule.batch_size, config.schedule.line_batch_size, beside_pages)
        if len(samples) < largest:
            fix = "Synthesize more lines, or make the batches smaller."
            raise ConfigError(f"at least {largest} training lines", f"{len(samples)}", fix)

    def batch(self, step: int, group: Group) -> TrainingBatch:
        """Return this rank's share of the batch of ``step``, on its device."""
        if step >= self.whole_from:
            return self._lines(step, group).to(group.device)
        return self.crops(step, self.config.schedule.batch_size, group).to(group.device)

    def _indices(self, kind: str, number: int, size: int) -> list[int]:
        per_epoch = len(self.samples) // size
        epoch, position = divmod(number, per_epoch)
        if self._order is None or self._order[0] != (kind, size, epoch):
            self._order = (kind, size, epoch), list(epoch_order(self.widths, size, self.config.seed, epoch))
        return self._order[1][position]

    def crops(self, step: int, size: int, group: Group) -> TrainingBatch:
        """Return this rank's share of ``size`` crops of lines."""
        indices = self._indices("crops", step, size)
        random = generator(self.config.seed, "crops", step)
        at = random.random(len(indices))
        width = self.config.schedule.crop_width
        pairs = [_crop(self.samples[i], width, share) for i, share in zip(indices, at, strict=True)]
        return images_of(group.share(pairs), width)

    def _lines(self, step: int, group: Group) -> TrainingBatch:
        indices = self._indices("lines", step - self.whole_from, self.config.schedule.line_batch_size)
        samples, texts = [self.samples[i] for i in indices], [self.texts[i] for i in indices]
        # Padding and wrong texts come from the whole batch, so that the number of ranks does not change them.
        width = padded_width([self.widths[i] for i in indices])
        random = generator(self.config.seed, "mismatches", step)
        wrong = mismatches(texts, random, self.config.discriminator.edited_share)
        right = [Mismatch(text, (True,) * len(text)) for text in texts]
        images = images_of(group.share([(s.degraded, s.clean) for s in samples]), width)
        return TrainingBatch(
            *(images.degraded, images.clean, images.mask, images.widths),
            texts=transcript_of(group.share(right), self.charset),
            mismatched=transcript_of(group.share(wrong), self.charset)
            if self.config.discriminator.mismatches
            else None,
        )


def _crop(sample: LineSample, width: int, share: float) -> tuple[GreyImage, GreyImage]:
    left = int(share * (max(0, sample.clean.shape[1] - width) + 1))
    window = np.s_[:, left : left + width]
    return sample.degraded[window], sample.clean[window]
