"""Training lines in batches of like width, short lines first, in an order that seed and position alone decide.

Axes: B line, H height, W width, L character.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pulih.common.dist import Group
from pulih.common.errors import ConfigError, InputError
from pulih.common.seed import generator
from pulih.data.batches import epoch_order, padded_width, stack
from pulih.data.charset import Charset
from pulih.data.lines import LineSample
from pulih.recognizer.augment import training_image
from pulih.recognizer.config import Curriculum, RecognizerConfig
from pulih.recognizer.ctc import columns_needed, columns_of


@dataclass(frozen=True)
class Position:
    """Where in the data a training is: epoch, batches of it already used, and lines admitted when it began."""

    epoch: int = 0
    offset: int = 0
    admitted: int = 0


@dataclass(frozen=True)
class TrainingBatch:
    """Images float32 (B, 1, H, W) in [0, 1], their columns (B), targets int64 (B, L) padded with 0, lengths (B)."""

    images: torch.Tensor
    columns: torch.Tensor
    targets: torch.Tensor
    target_lengths: torch.Tensor

    def to(self, device: torch.device) -> "TrainingBatch":
        """Return the batch with every tensor on ``device``."""
        return TrainingBatch(**{name: value.to(device) for name, value in vars(self).items()})


def admitted_lines(curriculum: Curriculum, step: int, total: int) -> int:
    """Return how many of ``total`` lines, the shortest first, the curriculum admits at ``step``."""
    if step >= curriculum.steps:
        return total
    return round(total * (curriculum.start + (1 - curriculum.start) * step / curriculum.steps))


class LineFeed:
    """The training lines in memory, sorted by width.

    Raises:
        InputError: a line has characters outside the charset, or text that its columns cannot spell.
        ConfigError: there are fewer lines than a batch needs.
    """

    def __init__(self, samples: Sequence[LineSample], charset: Charset, stride: int, config: RecognizerConfig) -> None:
        if len(samples) < config.batch_size:
            fix = "Synthesize more lines, or make batch_size smaller."
            raise ConfigError(f"at least batch_size = {config.batch_size} training lines", f"{len(samples)}", fix)
        self.samples = sorted(samples, key=lambda sample: (sample.clean.shape[1], sample.key))
        self.widths = [sample.clean.shape[1] for sample in self.samples]
        self.codes = [torch.tensor(charset.encode(sample.text), dtype=torch.int64) for sample in self.samples]
        self.stride, self.config = stride, config
        self._check_fit()

    def _check_fit(self) -> None:
        for sample, code in zip(self.samples, self.codes, strict=True):
            needed = int(columns_needed(code[None], torch.tensor([len(code)])))
            columns = -(-sample.clean.shape[1] // self.stride)
            if not 1 <= needed <= columns:
                found = f"{len(code)} characters, which need {needed}: {sample.text[:60]!r}"
                fix = "Synthesize lines with fewer characters or wider writing."
                raise InputError(f"a text of 1 to {columns} columns in line {sample.key}", found, fix)

    def batches(self, position: Position, step: int) -> Iterator[tuple[Position, list[int]]]:
        """Yield global batches from ``position`` on, without end, each with the position after it.

        Args:
            step: optimizer steps done so far; the caller makes one per batch.
        """
        while True:
            if position.offset == 0:
                admitted = admitted_lines(self.config.curriculum, step, len(self.samples))
                position = Position(position.epoch, 0, max(admitted, self.config.batch_size))
            widths = self.widths[: position.admitted]
            order = list(epoch_order(widths, self.config.batch_size, self.config.seed, position.epoch))
            for indices in order[position.offset :]:
                position = Position(position.epoch, position.offset + 1, position.admitted)
                step += 1
                yield position, indices
            position = Position(position.epoch + 1)

    def tensors(self, indices: Sequence[int], step: int, group: Group) -> TrainingBatch:
        """Return this rank's share of a global batch, changed at random by (seed, step, line).

        Every rank pads to the width of the whole global batch, so that the number of ranks does not change a line.
        """
        changed = [self._image(index, step) for index in indices]
        width = padded_width([image.shape[1] for image in changed])
        share = group.share(range(len(indices)))
        widths = torch.tensor([changed[row].shape[1] for row in share])
        codes = [self.codes[indices[row]] for row in share]
        return TrainingBatch(
            images=stack([changed[row] for row in share], width),
            columns=columns_of(widths, self.stride),
            targets=torch.nn.utils.rnn.pad_sequence(codes, batch_first=True),
            target_lengths=torch.tensor([len(code) for code in codes]),
        ).to(group.device)

    def _image(self, index: int, step: int) -> np.ndarray:
        random = generator(self.config.seed, "augment", step, self.samples[index].key)
        return training_image(self.samples[index], self.config.augmentation, random)
