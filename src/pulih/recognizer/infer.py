"""Reading lines with an exported recognizer. Works without torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.data import manifest
from pulih.data.charset import BLANK, Charset
from pulih.recognizer.contract import HEIGHT_ROWS, INPUT, KIND, MODEL, OUTPUT, WIDTH_STEP

GreyImage = NDArray[np.uint8]


@dataclass(frozen=True)
class ReadLine:
    """What a line says, and the mean probability of its characters in [0, 1]; 0 when none was read."""

    text: str
    confidence: float


class LineReader:
    """An exported recognizer; make one with ``load``. ``height`` is that of its lines in pixels."""

    def __init__(self, session: Any, charset: Charset, height: int, digest: str) -> None:
        self.height, self.digest = height, digest
        self._session, self._charset = session, charset

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        """Load a verified recognizer artifact; ``threads`` of the inference, 0 = one per core.

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
        return cls(session, Charset.load(folder / "charset.json"), height, sealed.digest())

    def read(self, view: GreyImage) -> ReadLine:
        """Read an 8-bit grey line (``height``, W), 255 = paper."""
        width = -(-view.shape[1] // WIDTH_STEP) * WIDTH_STEP
        padded = np.full((1, 1, self.height, width), 255, np.uint8)
        padded[0, 0, :, : view.shape[1]] = view
        logits_TK = self._session.run([OUTPUT], {INPUT: padded.astype(np.float32) / np.float32(255)})[0][0]
        columns = -(-view.shape[1] // (self.height // HEIGHT_ROWS))
        return self._decoded(logits_TK[:columns])

    def _decoded(self, logits_TK: NDArray[np.float32]) -> ReadLine:
        shifted = np.exp(logits_TK - logits_TK.max(-1, keepdims=True))
        best_T = logits_TK.argmax(-1)
        read = (shifted.max(-1) / shifted.sum(-1))[best_T != BLANK]
        return ReadLine(self._charset.collapse(best_T.tolist()), float(read.mean()) if len(read) else 0.0)
