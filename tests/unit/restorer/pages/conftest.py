"""Pages of known ink, and a training of seconds on them."""

import numpy as np
import pytest

from pulih.common.config import StageConfig
from pulih.data.lines import shard_name, write_shard
from pulih.data.manifest import write_manifest
from pulih.data.pages import TRAINING, PageSample, write_page
from pulih.restorer.config import PatchConfig


def draw(seed):
    """A grey scan with strokes of pale ink, as RGB, and the clean page."""
    random = np.random.default_rng(seed)
    clean = np.full((160, 224), 255, np.uint8)
    for top in range(14, 140, 26):
        for left in range(8, 210, 9):
            clean[top : top + int(random.integers(8, 13)), left : left + 3] = 0
    grey = np.clip(np.where(clean == 0, 60, 205) + random.normal(0, 4, clean.shape), 0, 255).astype(np.uint8)
    return PageSample(f"train-{seed:04d}", np.dstack([grey] * 3), clean, {"font": "strokes"})


@pytest.fixture(scope="session")
def drawn():
    return [draw(seed) for seed in range(3)]


@pytest.fixture(scope="session")
def patchy():
    """A training of seconds on patches."""
    optimizer = {"generator_rate": 0.005, "ema_decay": 0.9}
    return PatchConfig.model_validate(
        {"steps": 8, "batch_size": 2, "patch": 64, "checkpoint_every": 3, "optimizer": optimizer}
    )


@pytest.fixture(scope="session")
def lines_with_pages(tmp_path_factory, samples, drawn):
    """A lines artifact of printed lines and two pages to train on."""
    folder = tmp_path_factory.mktemp("lines-with-pages")
    write_shard(folder / shard_name("train", 0), samples)
    write_shard(folder / shard_name("validation", 0), samples[:4])
    for page in drawn[:2]:
        write_page(folder, page, TRAINING)
    write_manifest(folder, "lines", StageConfig(), {}, {})
    return folder
