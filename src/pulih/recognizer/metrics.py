"""Character and word error rates with bootstrap intervals.

A rate is the number of edits over the number of reference characters (words), both summed over all lines, so that
long lines weigh more than short ones, as is usual in handwriting recognition. Axes: N line, R resample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jiwer
import numpy as np
from numpy.typing import NDArray

from pulih.common.errors import InputError
from pulih.common.seed import generator


@dataclass(frozen=True)
class Edits:
    """Per line (N): the edits that turn the reference into the hypothesis, and the reference's length."""

    substitutions: NDArray[np.int64]
    deletions: NDArray[np.int64]
    insertions: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def errors(self) -> NDArray[np.int64]:
        """All edits of each line (N)."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Edits over reference length, in [0, inf)."""
        return float(self.errors.sum() / self.lengths.sum())


@dataclass(frozen=True)
class Interval:
    """An error rate with a percentile bootstrap interval over lines."""

    value: float
    low: float
    high: float


def character_edits(references: Sequence[str], hypotheses: Sequence[str]) -> Edits:
    """Count the character edits of each line; raises InputError without any reference character."""
    return _edits([jiwer.process_characters(*pair) for pair in _pairs(references, hypotheses)])


def word_edits(references: Sequence[str], hypotheses: Sequence[str]) -> Edits:
    """Count the word edits of each line; raises InputError without any reference word."""
    return _edits([jiwer.process_words(*pair) for pair in _pairs(references, hypotheses)])


def _pairs(references: Sequence[str], hypotheses: Sequence[str]) -> list[tuple[str, str]]:
    if len(references) != len(hypotheses):
        found = f"{len(references)} references and {len(hypotheses)} hypotheses"
        raise InputError("one hypothesis per reference", found, "Pass lists of the same lines.")
    return list(zip(references, hypotheses, strict=True))


def _edits(results: list[Any]) -> Edits:
    counts = [(r.substitutions, r.deletions, r.insertions, r.hits + r.substitutions + r.deletions) for r in results]
    table = np.array(counts, dtype=np.int64).reshape(-1, 4)
    if table[:, 3].sum() == 0:
        raise InputError("reference text to compare with", "none", "Pass lines that have a transcription.")
    return Edits(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def cer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the character error rate over all lines, in [0, inf)."""
    return character_edits(references, hypotheses).rate


def wer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the word error rate over all lines, in [0, inf)."""
    return word_edits(references, hypotheses).rate


def interval(edits: Edits, seed: int, resamples: int = 2000, level: float = 0.95) -> Interval:
    """Return the rate of ``edits`` with its percentile bootstrap interval; lines are the units drawn."""
    random = generator(seed, "bootstrap")
    drawn_RN = random.integers(0, len(edits.lengths), (resamples, len(edits.lengths)))
    lengths_R = np.maximum(edits.lengths[drawn_RN].sum(1), 1)
    rates_R = edits.errors[drawn_RN].sum(1) / lengths_R
    low, high = np.quantile(rates_R, [(1 - level) / 2, (1 + level) / 2])
    return Interval(edits.rate, float(low), float(high))
