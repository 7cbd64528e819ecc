"""A restorer whose answers are known, and two recognizers with random weights."""

import shutil

import pytest
import torch

from pulih.common.config import StageConfig
from pulih.data.charset import Charset
from pulih.data.manifest import write_manifest
from pulih.evaluation.config import EvaluationConfig
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.model import build, save_recognizer


def seal_recognizer(folder, architecture, lines, seed=0, height=64):
    torch.manual_seed(seed)
    config = RecognizerConfig(architecture=architecture, channels=8, hidden=16, depth=1, seed=seed)
    folder.mkdir()
    save_recognizer(build(config, Charset(), height), config, folder)
    write_manifest(folder, "recognizer", config, {"lines": lines}, {})
    return folder


@pytest.fixture(scope="session")
def loss_recognizer(tiny_lines, tmp_path_factory):
    """The recognizer of the restorer's loss."""
    return seal_recognizer(tmp_path_factory.mktemp("loss") / "recognizer", "convolutional", tiny_lines, 1)


@pytest.fixture(scope="session")
def judge(tiny_lines, tmp_path_factory):
    """A recognizer that took no part in the loss."""
    return seal_recognizer(tmp_path_factory.mktemp("judge") / "recognizer", "recurrent", tiny_lines, 2)


@pytest.fixture(scope="session")
def trained_blur(blur_restorer, tiny_lines, loss_recognizer, tmp_path_factory):
    """The 3 x 3 mean as a restorer that was made from ``tiny_lines`` and ``loss_recognizer``."""
    folder = tmp_path_factory.mktemp("trained") / "blur"
    folder.mkdir()
    for name in ("model.onnx", "config.json"):
        shutil.copyfile(blur_restorer / name, folder / name)
    write_manifest(folder, "restorer", StageConfig(), {"lines": tiny_lines, "recognizer": loss_recognizer}, {})
    return folder


@pytest.fixture(scope="session")
def config():
    """Few draws: these tests look at the figures, not at the intervals."""
    return EvaluationConfig(resamples=100, examples=2)
