"""The two recognizers: a convolutional one for the GAN, and a recurrent one that only evaluates.

Axes: B line, C channel, H height, W width, T column of the output, K class (0 = blank).
"""

from abc import ABC, abstractmethod
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

from pulih.common.config import read_json
from pulih.common.errors import InputError
from pulih.common.files import write_bytes, write_json
from pulih.data import manifest
from pulih.data.charset import Charset
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.layers import ChannelsLast, Residual, conv_norm

KIND = "recognizer"
HEIGHTS = (64, 128)
ROWS = 16


class Recognizer(nn.Module, ABC):
    """Reads lines of one height: an image in, scores of every character of the charset per column out."""

    classify: nn.Linear

    def __init__(self, charset: Charset, height: int) -> None:
        super().__init__()
        if height not in HEIGHTS:
            raise InputError(f"lines of height {HEIGHTS}", f"{height}", "Synthesize lines of such a height.")
        self.charset = charset
        self.height = height
        self.stride = height // ROWS

    @abstractmethod
    def features(self, images_B1HW: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the middle layers' feature maps, finest first, for images in [0, 1], 1 = paper."""

    @abstractmethod
    def scores(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return the logits (B, T, K) from the last of the feature maps."""

    def forward(self, images_B1HW: torch.Tensor) -> torch.Tensor:
        """Return logits (B, T, K) with T = W / stride for images float (B, 1, H, W) in [0, 1], 1 = paper.

        W is a multiple of the stride; columns beyond a line's own width mean nothing.
        """
        return self.scores(self.features(images_B1HW)[-1])


class ConvolutionalRecognizer(Recognizer):
    """Strided and residual separable convolutions, first over the image, then along the line.

    The features are three maps: (B, c, 16, T), (B, 2c, 8, T) and (B, hidden, 1, T).
    """

    def __init__(self, config: RecognizerConfig, charset: Charset, height: int) -> None:
        super().__init__(charset, height)
        first, second, hidden = config.channels, 2 * config.channels, config.hidden
        widths = [16, *[first] * (self.stride.bit_length() - 3)]
        strided = [conv_norm(a, b, (3, 3), (2, 2)) for a, b in pairwise(widths)]
        stem = conv_norm(widths[-1], first, (3, 3))
        self.fine = nn.Sequential(nn.PixelUnshuffle(4), ChannelsLast(), *strided, stem, Residual(first, (3, 3)))
        self.coarse = nn.Sequential(conv_norm(first, second, (3, 3), (2, 1)), Residual(second, (3, 3)))
        self.flatten = conv_norm(second, hidden, (ROWS // 2, 1), padding=(0, 0))
        self.sequence = nn.Sequential(*[Residual(hidden, (1, 9)) for _ in range(config.depth)])
        self.dropout = nn.Dropout(config.dropout)
        self.classify = nn.Linear(hidden, len(charset))

    def features(self, images_B1HW: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return three feature maps; see the class."""
        fine = self.fine(1 - images_B1HW)
        coarse = self.coarse(fine)
        return fine, coarse, self.sequence(self.flatten(coarse))

    def scores(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return the logits (B, T, K)."""
        logits: torch.Tensor = self.classify(self.dropout(maps_BCHW[:, :, 0].transpose(1, 2)))
        return logits


class RecurrentRecognizer(Recognizer):
    """Plain convolutions with pooling, then bidirectional LSTM layers: CRNN (Shi et al., TPAMI 2017).

    The columns go around the LSTM too: without this way past it, CTC stays on blanks much longer. The features are
    three maps: (B, 2c, 16, T), (B, 3c, 8, T) and (B, hidden, 1, T). On a GPU cuDNN gives no gradient through an LSTM
    in eval mode, so that a loss can use the features only.
    """

    def __init__(self, config: RecognizerConfig, charset: Charset, height: int) -> None:
        super().__init__(charset, height)
        first, second, third, hidden = config.channels, 2 * config.channels, 3 * config.channels, config.hidden
        widths = [4, *[first] * (self.stride.bit_length() - 2)]
        pooled = [layer for a, b in pairwise(widths) for layer in (conv_norm(a, b, (3, 3)), nn.MaxPool2d(2))]
        self.fine = nn.Sequential(nn.PixelUnshuffle(2), ChannelsLast(), *pooled, conv_norm(first, second, (3, 3)))
        self.coarse = nn.Sequential(nn.MaxPool2d((2, 1)), conv_norm(second, third, (3, 3)))
        self.flatten = nn.Sequential(nn.MaxPool2d((2, 1)), conv_norm(third, hidden, (ROWS // 4, 3), padding=(0, 1)))
        self.recurrent = nn.LSTM(hidden, hidden // 2, config.depth, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.classify = nn.Linear(hidden, len(charset))

    def features(self, images_B1HW: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return three feature maps; see the class."""
        fine = self.fine(1 - images_B1HW)
        coarse = self.coarse(fine)
        return fine, coarse, self.flatten(coarse)

    def scores(self, maps_BCHW: torch.Tensor) -> torch.Tensor:
        """Return the logits (B, T, K)."""
        columns_BTC = maps_BCHW[:, :, 0].transpose(1, 2)
        read_BTC, _ = self.recurrent(columns_BTC)
        logits: torch.Tensor = self.classify(self.dropout(self.norm(columns_BTC + read_BTC)))
        return logits


def build(config: RecognizerConfig, charset: Charset, height: int) -> Recognizer:
    """Return a new recognizer of the config's architecture with random weights."""
    architectures = {"convolutional": ConvolutionalRecognizer, "recurrent": RecurrentRecognizer}
    model: Recognizer = architectures[config.architecture](config, charset, height)
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


def save_recognizer(model: Recognizer, config: RecognizerConfig, folder: Path) -> None:
    """Write weights, config and charset into ``folder``."""
    weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    write_bytes(folder / "model.safetensors", save(weights))
    write_json(folder / "config.json", {"height": model.height, "recognizer": config.model_dump(mode="json")})
    model.charset.save(folder / "charset.json")


def load_recognizer(folder: Path) -> Recognizer:
    """Return the recognizer of a verified artifact, in eval mode and frozen; raises ArtifactError."""
    manifest.verify(folder, KIND)
    values = read_json(folder / "config.json")
    config = RecognizerConfig.model_validate(values["recognizer"])
    model = build(config, Charset.load(folder / "charset.json"), values["height"])
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval()
    model.requires_grad_(False)
    return model
