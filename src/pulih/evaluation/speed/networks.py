"""The networks as folders of files, so that a child process and every runtime find the same one.

A folder has ``model.safetensors``, ``config.json``, ``model.onnx`` and, per way of quantization, ``<precision>.onnx``.
"""

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import nn

from pulih.common.config import build_config, read_json
from pulih.common.files import atomic_path, write_bytes, write_json
from pulih.common.seed import derived_seed
from pulih.data import manifest
from pulih.data.lines import GreyImage
from pulih.evaluation.peers.config import UNetConfig
from pulih.evaluation.peers.networks import UNet
from pulih.evaluation.speed.config import Precision, SpeedConfig
from pulih.restorer.artifact import read_generator, save_generator
from pulih.restorer.config import RestorerConfig
from pulih.restorer.contract import CONFIG, INPUT, KIND, MODEL, WEIGHTS
from pulih.restorer.export import export_onnx
from pulih.restorer.generator import Generator
from pulih.restorer.tiles import padded


def write_ours(config: SpeedConfig, restorer: Path | None, folder: Path) -> None:
    """Write our network: that of a verified restorer artifact, or one with random weights."""
    folder.mkdir(parents=True, exist_ok=True)
    if restorer is not None:
        manifest.verify(restorer, KIND)
        for name in (WEIGHTS, CONFIG, MODEL):
            shutil.copyfile(restorer / name, folder / name)
        return
    torch.manual_seed(derived_seed(config.seed, "weights"))
    generator = Generator(config.generator)
    save_generator(generator, RestorerConfig(generator=config.generator), config.lines.height, folder)
    export_onnx(generator, folder / MODEL)


def write_unet(config: UNetConfig, ours: Path, seed: int, folder: Path) -> None:
    """Write a U-Net with random weights; lines and pages reach it as they reach ours."""
    torch.manual_seed(derived_seed(seed, "weights"))
    network = UNet(config).eval()
    write_bytes(folder / WEIGHTS, save(network.state_dict()))
    settings = {name: value for name, value in read_json(ours / CONFIG).items() if name != "generator"}
    write_json(folder / CONFIG, settings | {"unet": config.model_dump(mode="json")})
    export_onnx(cast(Generator, network), folder / MODEL)


def read_network(folder: Path) -> nn.Module:
    """Return the network in a folder, in eval mode, for PyTorch."""
    values = read_json(folder / CONFIG)
    if "unet" not in values:
        return read_generator(folder)
    network = UNet(build_config(UNetConfig, values["unet"]))
    network.load_state_dict(load_file(folder / WEIGHTS))
    return network.eval()


def parameters(folder: Path) -> int:
    """Return how many numbers the network in a folder has learned."""
    return sum(parameter.numel() for parameter in read_network(folder).parameters())


def onnx_path(folder: Path, precision: Precision) -> Path:
    """Return where the ONNX model of a precision is."""
    return folder / (MODEL if precision == "fp32" else f"{precision}.onnx")


def quantize(folder: Path, precision: Precision, lines: Sequence[GreyImage]) -> None:
    """Write the network of a folder with 8-bit weights (static: activations too).

    Args:
        lines: degraded 8-bit grey lines (H, W); from them static quantization takes the ranges of the activations.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic, quantize_static

    # ONNX Runtime tells of every tensor that it leaves as it is.
    with atomic_path(onnx_path(folder, precision)) as path, _quiet():
        if precision == "int8-dynamic":
            # ONNX Runtime has a convolution with ranges found on the fly for unsigned weights only.
            quantize_dynamic(folder / MODEL, path, weight_type=QuantType.QUInt8)
        else:
            # Only convolutions: sums of residuals lose more in 8 bits than their small share of the time is worth.
            quantize_static(folder / MODEL, path, _Lines(lines), op_types_to_quantize=["Conv"], per_channel=True)


@contextmanager
def _quiet() -> Iterator[None]:
    former = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(former)


class _Lines:
    """Lines one by one, as ONNX Runtime's calibration asks for them."""

    def __init__(self, lines: Sequence[GreyImage]) -> None:
        self._feeds = iter([{INPUT: _plane(line)} for line in lines])

    def get_next(self) -> dict[str, Any] | None:
        """Return the next input, None at the end."""
        return next(self._feeds, None)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> dict[str, Any]:
        return next(self._feeds)


def _plane(line: GreyImage) -> Any:
    plane = np.ones((1, 1, padded(line.shape[0]), padded(line.shape[1])), np.float32)
    plane[0, 0, : line.shape[0], : line.shape[1]] = line.astype(np.float32) / 255
    return plane
