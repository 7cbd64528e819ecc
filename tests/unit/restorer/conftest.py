"""Pages drawn for the page path, and printed lines, quick to learn, for the training."""

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from pulih.common.config import StageConfig
from pulih.common.dist import Group
from pulih.data.charset import Charset
from pulih.data.lines import LineSample, shard_name, write_shard
from pulih.data.manifest import write_manifest
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.model import build, load_recognizer, save_recognizer
from pulih.restorer.config import RestorerConfig
from pulih.restorer.discriminator import Discriminator
from pulih.restorer.feed import Feed
from pulih.restorer.generator import Generator
from pulih.restorer.step import Networks


def draw_page(height: int, width: int, x_height: float, paper=(225, 210, 180), ink=(95, 60, 30)) -> np.ndarray:
    """Draw lines of Hershey script; its small letters are 14 units high at size 1 (21 for capitals)."""
    page = np.empty((height, width, 3), np.uint8)
    page[:] = paper
    size = x_height / 14
    pitch = int(4 * x_height)
    words = "an evening on the river near the warehouse we saw many a sail come in"
    for row, base in enumerate(range(2 * pitch, height - pitch, pitch)):
        text = words[row % 20 :] + " " + words
        cv2.putText(
            page, text, (pitch, base), cv2.FONT_HERSHEY_COMPLEX, size, ink, max(1, round(2 * size)), cv2.LINE_AA
        )
    page[:, -pitch:] = paper
    return page


@pytest.fixture(scope="session")
def page_of():
    return draw_page


FONT = ImageFont.load_default(size=26)
WORDS = ("kade", "rijst en peper", "anno 1791", "Batavia", "het schip", "noot", "zee", "een brief", "goud", "de tuin")


def printed(text: str, key: str, height: int = 64) -> LineSample:
    """A line with ``text``, and a copy of it on dark, uneven, noisy paper with fainter ink."""
    width = int(FONT.getlength(text)) + 16
    canvas = Image.new("L", (width, height), 255)
    ImageDraw.Draw(canvas).text((8, height // 2 - 16), text, font=FONT, fill=0)
    clean = np.asarray(canvas).copy()
    noise = np.random.default_rng(len(text)).normal(0, 12, clean.shape)
    light = 190 + 30 * np.sin(np.arange(width) / 25)
    degraded = (light * (0.4 + 0.6 * clean / 255) + noise).clip(0, 255).astype(np.uint8)
    meta = {"font": "default", "font_seen": True, "severity": 0.4, "degradations": []}
    return LineSample(key, degraded, clean, text, meta)


@pytest.fixture(scope="session")
def samples():
    """Printed lines of several widths, one of them narrower than a crop."""
    return [printed(text, f"line-{number:02d}") for number, text in enumerate(WORDS)]


@pytest.fixture(scope="session")
def printed_lines(tmp_path_factory, samples):
    """A lines artifact of a few printed lines."""
    folder = tmp_path_factory.mktemp("printed-lines")
    write_shard(folder / shard_name("train", 0), samples)
    write_shard(folder / shard_name("validation", 0), samples[:4])
    write_manifest(folder, "lines", StageConfig(), {}, {})
    return folder


@pytest.fixture(scope="session")
def reader_folder(tmp_path_factory):
    """A recognizer artifact with random weights: enough for gradients, not for reading."""
    folder = tmp_path_factory.mktemp("reader")
    config = RecognizerConfig(channels=8, hidden=48, depth=1)
    torch.manual_seed(0)
    save_recognizer(build(config, Charset(), 64), config, folder)
    write_manifest(folder, "recognizer", config, {}, {})
    return folder


@pytest.fixture
def reader(reader_folder):
    return load_recognizer(reader_folder)


@pytest.fixture(scope="session")
def small():
    """A config that trains in a second or two, with every loss at work from step 3 on."""
    begin = {"start": 0.3, "length": 0.2}
    return RestorerConfig.model_validate(
        {
            "generator": {"widths": (8, 12), "encoder_blocks": (1, 1), "decoder_blocks": (1,)},
            "discriminator": {"image_width": 8, "text_width": 16},
            "schedule": {
                **{"steps": 10, "batch_size": 4, "line_batch_size": 4, "crop_width": 64},
                **{"adversarial": begin, "recognition": begin, "ctc": {"start": 0.5, "length": 0.2}},
                **{"validate_every": 5, "checkpoint_every": 3, "validation_lines": 3},
            },
            "processes": 1,
            "threads": 1,
        }
    )


@pytest.fixture
def alone():
    """The group of a training in one process on the CPU."""
    torch.set_num_threads(1)
    return Group(0, 1, torch.device("cpu"))


@pytest.fixture
def networks(small, reader):
    """New networks, always with the same weights."""
    torch.manual_seed(1)
    discriminator = Discriminator(small.discriminator, reader)
    return Networks(Generator(small.generator), discriminator, reader)


@pytest.fixture
def line_batch(samples, reader, small, alone):
    """A batch of whole lines with right and wrong texts."""
    return Feed(samples, reader.charset, small).batch(small.schedule.steps - 1, alone)


@pytest.fixture
def weights_of():
    """Return a function that copies a network's state, and so allows to see what changed."""
    return lambda network: {name: value.clone() for name, value in network.state_dict().items()}
