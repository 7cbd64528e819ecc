"""From a recognizer's scores to words with a confidence and a place, without torch.

Axes: T column, K class (0 = blank).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pulih.data.charset import BLANK, Charset
from pulih.data.layout import ReadLine, ReadWord


@dataclass(frozen=True)
class BestPath:
    """The best class of each column of a line, and its probability."""

    best_T: NDArray[np.int64]
    sure_T: NDArray[np.float32]

    @classmethod
    def of(cls, logits_TK: NDArray[np.float32]) -> Self:
        """Return the path through the scores of at least one column."""
        shifted_TK = np.exp(logits_TK - logits_TK.max(-1, keepdims=True))
        return cls(logits_TK.argmax(-1), shifted_TK.max(-1) / shifted_TK.sum(-1))

    @property
    def surety(self) -> float:
        """The geometric mean of the probabilities in [0, 1], by which two images of a line are compared."""
        return float(np.exp(np.log(self.sure_T).mean()))

    def line(self, charset: Charset) -> ReadLine:
        """Return the path as words; the confidence is the mean of the characters' probabilities, without spaces."""

        def is_space(character: _Character) -> bool:
            return charset.decode([character.index]).isspace()

        words = [list(word) for space, word in groupby(self._characters(), key=is_space) if not space]
        made = tuple(self._word(word, charset) for word in words)
        sure = [character.probability for word in words for character in word]
        return ReadLine(made, float(np.mean(sure)) if sure else 0.0)

    def _characters(self) -> "Iterator[_Character]":
        """Yield the characters of the path: repeats merged, blanks left out."""
        ends = [*(np.flatnonzero(np.diff(self.best_T)) + 1), len(self.best_T)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            if end > start and self.best_T[start] != BLANK:
                probability = float(self.sure_T[start:end].max())
                yield _Character(int(self.best_T[start]), probability, int(start), int(end))

    def _word(self, word: "list[_Character]", charset: Charset) -> ReadWord:
        text = charset.decode(character.index for character in word)
        sure = float(np.mean([character.probability for character in word]))
        return ReadWord(text, sure, word[0].start / len(self.best_T), word[-1].end / len(self.best_T))


@dataclass(frozen=True)
class _Character:
    """A class of the charset, the highest of its columns' probabilities, and the columns ``start`` to ``end``."""

    index: int
    probability: float
    start: int
    end: int
