"""Reading lines of a page with a recognizer: exported, and then without torch, or as it was trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.data import manifest
from pulih.data.charset import Charset
from pulih.data.layout import ReadLine
from pulih.recognizer.bestpath import BestPath
from pulih.recognizer.contract import HEIGHT_ROWS, INPUT, KIND, MODEL, OUTPUT, WIDTH_STEP
from pulih.recognizer.margin import is_surer
from pulih.recognizer.view import reader_view

GreyImage = NDArray[np.uint8]
Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class LineReader:
    """Reads 8-bit grey crops (h, w) of lines; ``digest`` identifies the artifact. Make one with ``load``.

    ``run`` maps a line, float32 (1, 1, ``height``, W) in [0, 1], 1 = paper, W a multiple of 32, to logits (T, K).
    """

    def __init__(self, run: Run, charset: Charset, height: int, digest: str) -> None:
        self.digest = digest
        self._run, self._charset, self._height = run, charset, height

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        """Load a verified recognizer artifact that was exported; ``threads`` of the inference, 0 = one per core.

        Raises:
            ArtifactError: the artifact is missing, altered, or holds no ONNX model.
        """
        import onnxruntime

        sealed = manifest.verify(folder, KIND)
        if MODEL not in sealed.files:
            fix = "Train the recognizer again, or export it: python -m pulih.recognizer.export DIR NEW_DIR."
            raise ArtifactError(f"a recognizer with {MODEL} in {folder}", "one without", fix)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
        height = int(read_json(folder / "config.json")["height"])
        charset = Charset.load(folder / "charset.json")
        return cls(lambda line: session.run([OUTPUT], {INPUT: line})[0][0], charset, height, sealed.digest())

    @classmethod
    def load_any(cls, folder: Path) -> Self:
        """Load a verified recognizer artifact to run in one thread, by torch where it was not exported.

        Raises:
            ArtifactError: the artifact is missing or altered.
        """
        sealed = manifest.verify(folder, KIND)
        if MODEL in sealed.files:
            return cls.load(folder, threads=1)
        import torch

        from pulih.recognizer.model import load_recognizer

        torch.set_num_threads(1)
        model = load_recognizer(folder)

        def run(line: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.no_grad():
                return np.asarray(model(torch.from_numpy(line))[0].numpy(), np.float32)

        return cls(run, model.charset, model.height, sealed.digest())

    def read(self, crop: GreyImage) -> ReadLine:
        """Return what a crop says: the best class of every column, collapsed, as words."""
        return self.path(crop).line(self._charset)

    def read_surer(self, scan: GreyImage, restored: GreyImage) -> tuple[ReadLine, bool]:
        """Return what a line says in the image that the recognizer is surer of, and whether that is the restored one.

        The restored one must be surer by ``margin.SURER``: most lines that restoration harms are found out so
        (docs/decisions/0006-surer-reading.md).
        """
        paths = [self.path(crop) for crop in (scan, restored)]
        chosen = is_surer(paths[0].surety, paths[1].surety)
        return paths[chosen].line(self._charset), chosen

    def path(self, crop: GreyImage) -> BestPath:
        """Return the best class of each column of a crop."""
        view = reader_view(crop, self._height)
        width = -(-view.shape[1] // WIDTH_STEP) * WIDTH_STEP
        padded = np.full((1, 1, self._height, width), 255, np.uint8)
        padded[0, 0, :, : view.shape[1]] = view
        logits_TK = self._run(padded.astype(np.float32) / np.float32(255))
        return BestPath.of(logits_TK[: -(-view.shape[1] // (self._height // HEIGHT_ROWS))])
