"""From the recognizer's scores to text: greedy and prefix beam search, without a language model.

Axes: B line, H height, W width, T column, K class (0 = blank).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from pulih.data.charset import BLANK, Charset
from pulih.recognizer.ctc import columns_of
from pulih.recognizer.margin import is_surer

if TYPE_CHECKING:
    from pulih.recognizer.model import Recognizer

Prefix = tuple[int, ...]
# A character less likely than this in a column cannot change the result in practice, and most of K are.
NEGLIGIBLE = 1e-4


@dataclass(frozen=True)
class Reading:
    """What a line says, and how sure the recognizer is of it.

    ``confidence`` in [0, 1] is the geometric mean, over the columns, of the probability of the best class.
    """

    text: str
    confidence: float


def surer(before: Sequence[Reading], after: Sequence[Reading], margin: float) -> list[bool]:
    """Return for each line whether the recognizer is surer of ``after`` by more than ``margin`` (0.02 = 2 %)."""
    pairs = zip(before, after, strict=True)
    return [is_surer(first.confidence, second.confidence, margin) for first, second in pairs]


@torch.no_grad()
def read_surely(model: "Recognizer", images_B1HW: torch.Tensor, widths: torch.Tensor) -> list[Reading]:
    """Read lines greedily and say how sure each reading is; arguments as in ``read``."""
    columns = columns_of(widths, model.stride)
    logits_BTK = model(images_B1HW).float()
    best_BT = logits_BTK.log_softmax(-1).amax(-1)
    sure = [float(row[:length].mean().exp()) for row, length in zip(best_BT, columns.tolist(), strict=True)]
    texts = greedy(logits_BTK, columns, model.charset)
    return [Reading(text, confidence) for text, confidence in zip(texts, sure, strict=True)]


@torch.no_grad()
def read(model: "Recognizer", images_B1HW: torch.Tensor, widths: torch.Tensor) -> list[str]:
    """Read lines greedily: the best class of every column, collapsed.

    Args:
        images_B1HW: float in [0, 1], 1 = paper, padded right.
        widths: width of each line in pixels without its padding (B).
    """
    return greedy(model(images_B1HW), columns_of(widths, model.stride), model.charset)


def greedy(logits_BTK: torch.Tensor, columns: torch.Tensor, charset: Charset) -> list[str]:
    """Return the text of the best path of each line over its first ``columns`` (B) columns."""
    best_BT = logits_BTK.argmax(-1).cpu().tolist()
    return [charset.collapse(path[:length]) for path, length in zip(best_BT, columns.tolist(), strict=True)]


@torch.no_grad()
def beam(model: "Recognizer", images_B1HW: torch.Tensor, widths: torch.Tensor, size: int = 8) -> list[str]:
    """Read lines by prefix beam search with ``size`` prefixes kept per column; arguments as in ``read``."""
    probs_BTK = model(images_B1HW).float().softmax(-1).cpu().numpy()
    lengths = columns_of(widths, model.stride).tolist()
    return [
        model.charset.decode(best_prefix(probs_TK[:length], size))
        for probs_TK, length in zip(probs_BTK, lengths, strict=True)
    ]


def best_prefix(probs_TK: NDArray[np.floating], size: int) -> Prefix:
    """Return the labelling with the highest probability, summed over its paths, that a beam search finds.

    Prefix search of Graves (2012, section 7.5.3) in the form of Hannun et al. (arXiv 1408.2873) without a language
    model. For each prefix two probabilities are kept: of the paths that end in a blank and of those that do not.
    """
    beams: dict[Prefix, tuple[float, float]] = {(): (1.0, 0.0)}
    for probs_K in np.asarray(probs_TK, dtype=np.float64):
        grown = _grow(beams, probs_K)
        ranked = sorted(grown.items(), key=lambda item: -sum(item[1]))[:size]
        total = sum(sum(both) for _, both in ranked)
        beams = {prefix: (ending[0] / total, ending[1] / total) for prefix, ending in ranked}
    return max(beams, key=lambda prefix: sum(beams[prefix]))


def _grow(beams: dict[Prefix, tuple[float, float]], probs_K: NDArray[np.float64]) -> dict[Prefix, list[float]]:
    likely = [int(k) for k in np.flatnonzero(probs_K > NEGLIGIBLE) if k != BLANK]
    grown: dict[Prefix, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for prefix, (blank, other) in beams.items():
        grown[prefix][0] += (blank + other) * probs_K[BLANK]
        if prefix:
            grown[prefix][1] += other * probs_K[prefix[-1]]
        for k in likely:
            # A repeat of the last character starts a new one only after a blank.
            before = blank if prefix and k == prefix[-1] else blank + other
            grown[(*prefix, k)][1] += before * probs_K[k]
    return grown
