"""The generator as an ONNX model that runs without PyTorch, checked against PyTorch."""

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pulih.common.errors import PulihError
from pulih.common.files import atomic_path
from pulih.common.seed import generator as random_stream
from pulih.restorer.contract import INPUT, OUTPUT
from pulih.restorer.generator import Generator

OPSET = 18
TOLERANCE = 1e-4
CHECKED_SHAPES = ((1, 64, 32), (3, 64, 416), (1, 256, 320), (2, 128, 96))


class _Restoration(nn.Module):
    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, degraded: Tensor) -> Tensor:
        return self.generator.restore(degraded)


def export_onnx(generator: Generator, target: Path) -> float:
    """Write an ONNX model and return its largest difference to PyTorch over images of several sizes.

    Input ``degraded`` and output ``restored``: float32 (B, 1, H, W) in [0, 1], 1 = paper; B is free, H and W are
    multiples of 32.

    Raises:
        PulihError: the difference exceeds 1e-4.
    """
    model = _Restoration(generator.cpu()).eval()
    free = {0: "batch", 2: "height", 3: "width"}
    # The newer exporter (dynamo=True) gives the same figures but takes five times as long: half a minute on a CPU.
    with atomic_path(target) as temporary, warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        torch.onnx.export(
            model,
            (torch.rand(2, 1, 64, 96),),
            str(temporary),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: free, OUTPUT: free},
            opset_version=OPSET,
            dynamo=False,
        )
    difference = largest_difference(model, target)
    if difference > TOLERANCE:
        raise PulihError(f"the exported model differs from PyTorch by {difference:.2g}, more than {TOLERANCE}")
    return difference


def largest_difference(model: nn.Module, path: Path) -> float:
    """Return the largest absolute difference between ``model`` and the ONNX file on random images of several sizes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    random, differences = random_stream(0, "export"), []
    for batch, height, width in CHECKED_SHAPES:
        image = random.random((batch, 1, height, width), dtype=np.float32)
        with torch.no_grad():
            wanted = model(torch.from_numpy(image)).numpy()
        found = session.run([OUTPUT], {INPUT: image})[0]
        differences.append(float(np.abs(found - wanted).max()))
    return max(differences)
