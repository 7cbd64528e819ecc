"""What a recognizer reads in a page's lines and how sure it is; the only part of a batch that needs torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from pulih.batch.decision import Readings
from pulih.batch.lines import Box
from pulih.data.charset import BLANK
from pulih.data.layout import ReadLine, ReadWord
from pulih.data.manifest import verify
from pulih.evaluation.reading.material import reader_view
from pulih.recognizer.margin import is_surer

if TYPE_CHECKING:
    from pulih.recognizer.model import Recognizer

GreyImage = NDArray[np.uint8]
WIDTH_STEP = 32


class LineReader:
    """A recognizer that tells its confidence; ``digest`` identifies the artifact."""

    def __init__(self, model: "Recognizer", digest: str) -> None:
        self.digest = digest
        self._model = model

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load a verified recognizer artifact, to run in one thread; raises ArtifactError."""
        import torch

        from pulih.recognizer.model import KIND, load_recognizer

        torch.set_num_threads(1)
        return cls(load_recognizer(folder), verify(folder, KIND).digest())

    def compare(self, before: GreyImage, after: GreyImage, boxes: Sequence[Box], most: int) -> Readings | None:
        """Read the same lines of a grey page before and after restoration; None without a line.

        Args:
            most: lines that are read, evenly spread over the page.
        """
        if not boxes:
            return None
        step = max(1, -(-len(boxes) // most))
        chosen = boxes[::step]
        means = [float(np.mean([self.confidence(box.cut(page)) for box in chosen])) for page in (before, after)]
        return Readings(means[0], means[1], len(chosen))

    def confidence(self, crop: GreyImage) -> float:
        """Return the mean probability of the characters that are read in a crop (h, w); 0 when none is."""
        best, probabilities = self._path(crop)
        read = probabilities[best != BLANK]
        return float(read.mean()) if len(read) else 0.0

    def read(self, crop: GreyImage) -> ReadLine:
        """Return what a crop (h, w) says: the best class of every column, collapsed, as words."""
        return self._line(*self._path(crop))

    def read_surer(self, scan: GreyImage, restored: GreyImage) -> tuple[ReadLine, bool]:
        """Return what a line says in the image that the recognizer is surer of, and whether that is the restored one.

        The restored one must be surer by ``margin.SURER``: most lines that restoration harms are found out so
        (docs/decisions/0006-surer-reading.md).
        """
        paths = [self._path(crop) for crop in (scan, restored)]
        before, after = (float(np.exp(np.log(probabilities).mean())) for _, probabilities in paths)
        chosen = is_surer(before, after)
        return self._line(*paths[chosen]), chosen

    def _line(self, best: NDArray[np.int64], probabilities: NDArray[np.float32]) -> ReadLine:
        characters = list(_characters(best, probabilities))
        words = [list(word) for is_space, word in groupby(characters, key=self._is_space) if not is_space]
        made = tuple(self._word(word, len(best)) for word in words)
        sure = [character.probability for word in words for character in word]
        return ReadLine(made, float(np.mean(sure)) if sure else 0.0)

    def _is_space(self, character: "_Character") -> bool:
        return self._model.charset.decode([character.index]).isspace()

    def _word(self, word: "list[_Character]", columns: int) -> ReadWord:
        text = self._model.charset.decode(character.index for character in word)
        sure = float(np.mean([character.probability for character in word]))
        return ReadWord(text, sure, word[0].start / columns, word[-1].end / columns)

    def _path(self, crop: GreyImage) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the best class of each column of a crop, and its probability."""
        import torch

        view = reader_view(crop, self._model.height, 255)
        width = -(-view.shape[1] // WIDTH_STEP) * WIDTH_STEP
        padded = np.full((1, 1, view.shape[0], width), 255, np.uint8)
        padded[0, 0, :, : view.shape[1]] = view
        with torch.no_grad():
            logits_TK = self._model(torch.from_numpy(padded).float() / 255)[0]
        best = logits_TK[: -(-view.shape[1] // self._model.stride)].softmax(-1).max(-1)
        return best.indices.numpy(), best.values.numpy()


@dataclass(frozen=True)
class _Character:
    """A class of the charset, the highest of its columns' probabilities, and the columns ``start`` to ``end``."""

    index: int
    probability: float
    start: int
    end: int


def _characters(best: NDArray[np.int64], probabilities: NDArray[np.float32]) -> Iterator[_Character]:
    """Yield the characters of a CTC path: repeats merged, blanks left out."""
    ends = [*(np.flatnonzero(np.diff(best)) + 1), len(best)]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        if end > start and best[start] != BLANK:
            yield _Character(int(best[start]), float(probabilities[start:end].max()), int(start), int(end))
