"""A search of seconds over two settings, on real synthesized lines."""

import pytest
import torch

from pulih.data.charset import Charset
from pulih.data.manifest import write_manifest
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.model import build, save_recognizer
from pulih.research.search.config import SearchConfig

BEGIN = {"start": 0.5, "length": 0.1}


@pytest.fixture(scope="session")
def small_search():
    """Trials of four steps with two validations."""
    restorer = {
        "generator": {"widths": (8, 12), "encoder_blocks": (1, 1), "decoder_blocks": (1,)},
        "discriminator": {"image_width": 8, "text_width": 16},
        "schedule": {"crop_width": 64, "adversarial": BEGIN, "recognition": BEGIN, "ctc": BEGIN, "validation_lines": 2},
    }
    space = {"weights.bce": {"low": 0.05, "high": 4.0}, "optimizer.generator_rate": {"low": 0.0005, "high": 0.02}}
    return SearchConfig.model_validate(
        {"steps": 4, "validations": 2, "restorer": restorer, "space": space, "startup_trials": 2, "warmup": 0.0}
    )


@pytest.fixture(scope="session")
def reader_folder(tmp_path_factory):
    """A recognizer with random weights."""
    folder = tmp_path_factory.mktemp("reader")
    torch.manual_seed(1)
    config = RecognizerConfig(channels=8, hidden=32, depth=1, seed=1)
    save_recognizer(build(config, Charset(), 64), config, folder)
    write_manifest(folder, "recognizer", config, {}, {})
    return folder


@pytest.fixture
def own_registry(tmp_path, monkeypatch):
    """A tracking store of the test's own."""
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "runs"
