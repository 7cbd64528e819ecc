"""A comparison so small that it trains in seconds, on real synthesized lines."""

import pytest
import torch

from pulih.common.config import StageConfig
from pulih.common.dist import Group
from pulih.data.charset import Charset
from pulih.data.manifest import write_manifest
from pulih.evaluation.peers.benchmark import Inputs
from pulih.evaluation.peers.config import PeerConfig, RestorationBenchmark
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.model import build, save_recognizer

UNET = {"widths": (4, 8, 8), "dropout": 0.0}
READER = {"channels": 8, "hidden": 32, "depth": 1}


def seal_recognizer(folder, architecture, seed):
    torch.manual_seed(seed)
    config = RecognizerConfig(architecture=architecture, channels=8, hidden=32, depth=1, seed=seed)
    save_recognizer(build(config, Charset(), 64), config, folder)
    write_manifest(folder, "recognizer", config, {}, {})
    return folder


@pytest.fixture(scope="session")
def inputs(tiny_lines, tmp_path_factory):
    """Lines, the recognizer of our losses and the evaluator, both with random weights."""
    folders = [tmp_path_factory.mktemp(name) for name in ("recognizer", "evaluator")]
    recognizer = seal_recognizer(folders[0], "convolutional", 1)
    return Inputs(tiny_lines, recognizer, seal_recognizer(folders[1], "recurrent", 2))


@pytest.fixture(scope="session")
def small_peer():
    """A peer with every loss, of 12 steps."""
    return PeerConfig.model_validate(
        {"unet": UNET, "discriminator": (4, 8), "recognizer": READER, "steps": 12, "validation_lines": 3}
    )


@pytest.fixture(scope="session")
def small_benchmark(small_peer):
    """A comparison of three trained methods with two fixed ones, over two seeds."""
    begin = {"start": 0.5, "length": 0.1}
    return RestorationBenchmark.model_validate(
        {
            "methods": ("degraded", "otsu", "erb", "pulih"),
            "seeds": (1, 2),
            "budget": {"steps": 6},
            "peer": small_peer.model_dump(),
            "restorer": {
                "generator": {"widths": (8, 12), "encoder_blocks": (1, 1), "decoder_blocks": (1,)},
                "discriminator": {"image_width": 8, "text_width": 16},
                "schedule": {"crop_width": 64, "adversarial": begin, "recognition": begin, "ctc": begin}
                | {"validation_lines": 3},
            },
            "evaluation": {"resamples": 100},
        }
    )


@pytest.fixture
def alone():
    """The group of a training in one process on the CPU."""
    torch.set_num_threads(1)
    return Group(0, 1, torch.device("cpu"))


@pytest.fixture(scope="session")
def empty_artifact(tmp_path_factory):
    """A sealed artifact of another kind."""
    folder = tmp_path_factory.mktemp("other")
    write_manifest(folder, "evaluation", StageConfig(), {}, {})
    return folder
