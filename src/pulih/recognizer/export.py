"""The recognizer as an ONNX model that reads without PyTorch, checked against PyTorch.

``python -m pulih.recognizer.export RECOGNIZER NEW_FOLDER`` copies an artifact and adds the model to it.
"""

import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

from pulih.common.errors import InputError, PulihError
from pulih.common.files import atomic_path, write_text
from pulih.common.launch import program
from pulih.common.seed import generator as random_stream
from pulih.data import manifest
from pulih.recognizer.contract import INPUT, KIND, MODEL, OUTPUT, WIDTH_STEP
from pulih.recognizer.model import Recognizer, load_recognizer

OPSET = 18
TOLERANCE = 1e-3  # of logits, which reach tens
CHECKED_WIDTHS = (32, 416, 1216)


def export_onnx(model: Recognizer, target: Path) -> float:
    """Write an ONNX model and return the largest difference of its logits to PyTorch's over lines of several widths.

    Input ``line``: float32 (1, 1, height, W) in [0, 1], 1 = paper, W a multiple of 32; output ``logits`` (1, T, K).

    Raises:
        PulihError: the difference exceeds 1e-3.
    """
    with atomic_path(target) as temporary, warnings.catch_warnings(action="ignore"):
        torch.onnx.export(
            model.cpu().eval(),
            (torch.rand(1, 1, model.height, 8 * WIDTH_STEP),),
            str(temporary),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {3: "width"}, OUTPUT: {1: "columns"}},
            opset_version=OPSET,
            dynamo=False,
        )
    difference = _largest_difference(model, target)
    if difference > TOLERANCE:
        raise PulihError(f"the exported recognizer differs from PyTorch by {difference:.2g}, more than {TOLERANCE}")
    return difference


def _largest_difference(model: Recognizer, path: Path) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    random, differences = random_stream(0, "recognizer export"), []
    for width in CHECKED_WIDTHS:
        image = random.random((1, 1, model.height, width), dtype=np.float32)
        with torch.no_grad():
            wanted = model(torch.from_numpy(image)).numpy()
        differences.append(float(np.abs(session.run([OUTPUT], {INPUT: image})[0] - wanted).max()))
    return max(differences)


def export_artifact(recognizer: Path, target: Path) -> manifest.Manifest:
    """Copy a recognizer artifact to the new folder ``target`` with its ONNX model beside the weights.

    The copy's facts name the digest it was ``trained_as``.

    Raises:
        ArtifactError: ``recognizer`` is no verified recognizer.
        InputError: ``target`` is there already.
        PulihError: the exported model does not agree with PyTorch.
    """
    made = manifest.verify(recognizer, KIND)
    if target.exists():
        raise InputError("a folder that is not there yet", str(target), "Name another one.")
    target.mkdir(parents=True)
    for name in made.files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(recognizer / name, target / name)
    difference = export_onnx(load_recognizer(recognizer), target / MODEL)
    files = made.files | {MODEL: manifest.file_sha256(target / MODEL)}
    facts = made.facts | {"onnx_max_difference": difference, "trained_as": made.digest()}
    sealed = made.model_copy(update={"files": files, "facts": facts})
    write_text(target / manifest.NAME, sealed.model_dump_json(indent=2) + "\n")
    return manifest.verify(target, KIND)


def main(arguments: list[str]) -> int:
    """Export one artifact and return the exit code."""
    return program(lambda: _exported(arguments))


def _exported(arguments: list[str]) -> str:
    if len(arguments) != 2:
        raise InputError("RECOGNIZER and NEW_FOLDER", f"{len(arguments)} arguments", "Name both folders.")
    sealed = export_artifact(Path(arguments[0]), Path(arguments[1]))
    return f"{MODEL} in {arguments[1]}, at most {sealed.facts['onnx_max_difference']:.1g} from PyTorch"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
