"""Batches of lines as tensors.

Axes: B line, H height, W width (a multiple of ``WIDTH_STEP``), T characters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pulih.common.seed import generator
from pulih.data.charset import Charset
from pulih.data.lines import GreyImage, LineSample

WIDTH_STEP = 32


@dataclass(frozen=True)
class LineBatch:
    """Lines padded with paper to one width.

    ``degraded`` and ``clean`` are float32 (B, 1, H, W) in [0, 1], 1 = paper; ``mask`` is 1 inside the line, 0 in the
    padding; ``widths`` (B) in pixels; ``targets`` int64 (B, T) padded with 0; ``target_lengths`` (B).
    """

    degraded: torch.Tensor
    clean: torch.Tensor
    mask: torch.Tensor
    widths: torch.Tensor
    targets: torch.Tensor
    target_lengths: torch.Tensor
    texts: tuple[str, ...]

    def to(self, device: torch.device) -> "LineBatch":
        """Return the batch with every tensor on ``device``."""
        moved = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, torch.Tensor)}
        return LineBatch(**moved, texts=self.texts)


def padded_width(widths: Sequence[int]) -> int:
    """Return the smallest multiple of ``WIDTH_STEP`` that holds every width."""
    return -(-max(widths) // WIDTH_STEP) * WIDTH_STEP


def stack(images: Sequence[GreyImage], width: int | None = None) -> torch.Tensor:
    """Stack 8-bit grey images (H, w) as float32 (B, 1, H, W) in [0, 1], padded right with paper.

    Args:
        width: W; by default the padded width of the widest image.
    """
    width = width or padded_width([image.shape[1] for image in images])
    out = np.full((len(images), 1, images[0].shape[0], width), 255, dtype=np.uint8)
    for row, image in enumerate(images):
        out[row, 0, :, : image.shape[1]] = image
    return torch.from_numpy(out).float() / 255


def collate(samples: Sequence[LineSample], charset: Charset) -> LineBatch:
    """Make a batch of ``samples``, all of one height; raises InputError on characters outside ``charset``."""
    degraded, clean = stack([s.degraded for s in samples]), stack([s.clean for s in samples])
    widths = torch.tensor([sample.clean.shape[1] for sample in samples])
    columns = torch.arange(clean.shape[-1])
    mask = (columns[None, :] < widths[:, None]).float()[:, None, None, :].expand_as(clean)
    codes = [torch.tensor(charset.encode(sample.text)) for sample in samples]
    return LineBatch(
        degraded=degraded,
        clean=clean,
        mask=mask,
        widths=widths,
        targets=torch.nn.utils.rnn.pad_sequence(codes, batch_first=True),
        target_lengths=torch.tensor([len(code) for code in codes]),
        texts=tuple(charset.normalize(sample.text) for sample in samples),
    )


def epoch_order(widths: Sequence[int], batch_size: int, seed: int, epoch: int) -> Iterator[list[int]]:
    """Yield the batches of an epoch as index lists: lines of like width together, shuffled by seed and epoch.

    The last, incomplete batch is left out, so that every rank gets as many lines as the others.
    """
    random = generator(seed, "epoch", epoch)
    jittered = np.asarray(widths) * random.uniform(0.9, 1.1, len(widths))
    order = np.argsort(jittered, kind="stable")
    batches = [order[start : start + batch_size] for start in range(0, len(order) - batch_size + 1, batch_size)]
    for index in random.permutation(len(batches)):
        yield [int(i) for i in batches[index]]
