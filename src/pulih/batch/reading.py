"""How sure a recognizer is of a page's lines; the only part of a batch that needs torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from pulih.batch.decision import Readings
from pulih.batch.lines import Box
from pulih.data.manifest import verify
from pulih.evaluation.reading.material import reader_view

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
        import torch

        view = reader_view(crop, self._model.height, 255)
        width = -(-view.shape[1] // WIDTH_STEP) * WIDTH_STEP
        padded = np.full((1, 1, view.shape[0], width), 255, np.uint8)
        padded[0, 0, :, : view.shape[1]] = view
        with torch.no_grad():
            logits_TK = self._model(torch.from_numpy(padded).float() / 255)[0]
        best = logits_TK[: -(-view.shape[1] // self._model.stride)].softmax(-1).max(-1)
        read = best.values[best.indices != 0]
        return float(read.mean()) if len(read) else 0.0
