"""Short printed lines, quick to learn."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from pulih.common.config import StageConfig
from pulih.common.dist import Group
from pulih.data.lines import LineSample, shard_name, write_shard
from pulih.data.manifest import write_manifest
from pulih.recognizer.config import Curriculum, RecognizerConfig

FONT = ImageFont.load_default(size=28)
WORDS = ("kade", "rijst", "peper", "goud", "anno", "zee", "Batavia", "schip", "noot", "appel", "tuin", "wijn")


def printed(text: str, key: str = "k", severity: float = 0.4) -> LineSample:
    """A 64 pixels high line with ``text``, and a darker, noisy copy of it."""
    width = int(FONT.getlength(text)) + 16
    canvas = Image.new("L", (width, 64), 255)
    ImageDraw.Draw(canvas).text((8, 14), text, font=FONT, fill=20)
    clean = np.asarray(canvas).copy()
    noise = np.random.default_rng(len(text)).integers(0, 40, clean.shape)
    degraded = (clean * 0.6 + 40 + noise).clip(0, 255).astype(np.uint8)
    meta = {"font": "default", "font_seen": True, "severity": severity, "degradations": []}
    return LineSample(key, degraded, clean, text, meta)


@pytest.fixture(scope="session")
def samples():
    return [printed(word, f"line-{number:02d}") for number, word in enumerate(WORDS)]


@pytest.fixture(scope="session")
def printed_lines(tmp_path_factory, samples):
    """A lines artifact of a few printed words."""
    folder = tmp_path_factory.mktemp("printed-lines")
    write_shard(folder / shard_name("train", 0), samples)
    write_shard(folder / shard_name("validation", 0), samples[:4])
    write_shard(folder / shard_name("test_seen", 0), samples[4:8])
    write_manifest(folder, "lines", StageConfig(), {}, {})
    return folder


@pytest.fixture(scope="session")
def small():
    """A config that trains in a second or two."""
    return RecognizerConfig(
        channels=8,
        hidden=48,
        depth=1,
        steps=12,
        batch_size=4,
        warmup_steps=2,
        curriculum=Curriculum(start=0.5, steps=4),
        validation_interval=4,
        checkpoint_interval=5,
        processes=1,
        threads=1,
    )


@pytest.fixture
def alone():
    """The group of a training in one process on the CPU."""
    torch.set_num_threads(1)
    return Group(0, 1, torch.device("cpu"))
