"""Pages of two years with ground truth, and a small restorer with random weights."""

import numpy as np
import pytest
import torch
from PIL import Image

from pulih.data.manifest import write_manifest
from pulih.evaluation.finetune.config import FinetuneConfig
from pulih.restorer.artifact import save_generator
from pulih.restorer.config import GeneratorConfig, RestorerConfig
from pulih.restorer.export import export_onnx
from pulih.restorer.generator import Generator


def write_pair(folder, name, seed):
    random = np.random.default_rng(seed)
    truth = np.zeros((160, 224), bool)
    for top in range(14, 140, 26):
        for left in range(8, 210, 9):
            truth[top : top + int(random.integers(8, 13)), left : left + 3] = True
    grey = np.clip(np.where(truth, 60, 205) + random.normal(0, 4, truth.shape), 0, 255).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(folder / f"{name}_source.png")
    Image.fromarray(np.where(truth, 0, 255).astype(np.uint8)).convert("1").save(folder / f"{name}_target.png")


@pytest.fixture
def pages(tmp_path):
    """Four pairs of two years."""
    for seed, name in enumerate(["P2009_1", "P2009_2", "P2012_1", "P2012_2"]):
        write_pair(tmp_path / "pages", name, seed)
    return tmp_path / "pages"


@pytest.fixture(scope="session")
def initial(tmp_path_factory):
    """A restorer artifact of a few thousand parameters."""
    folder = tmp_path_factory.mktemp("initial")
    torch.manual_seed(3)
    config = GeneratorConfig(widths=(8, 12), encoder_blocks=(1, 1), decoder_blocks=(1,))
    generator = Generator(config)
    settings = RestorerConfig(generator=config)
    save_generator(generator, settings, 64, folder)
    export_onnx(generator, folder / "model.onnx")
    write_manifest(folder, "restorer", settings, {}, {})
    return folder


@pytest.fixture(scope="session")
def quick():
    """A fine-tuning of seconds."""
    optimizer = {"generator_rate": 0.005, "ema_decay": 0.9}
    return FinetuneConfig.model_validate(
        {"steps": 8, "batch_size": 2, "patch": 64, "checkpoint_every": 3, "optimizer": optimizer}
    )
