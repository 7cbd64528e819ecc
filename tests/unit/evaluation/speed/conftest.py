"""A benchmark of seconds: small networks, few short lines, a page of a stamp's size."""

import pytest

from pulih.evaluation.speed import networks
from pulih.evaluation.speed.config import OURS, SpeedConfig

LINES = {"seed": 7, "languages": {"nl": 1.0}, "vocabulary": 3000, "workers": 1, "min_width": 96, "max_width": 160}
COUNTS = {"train": 4, "validation": 4, "test_seen": 0, "test_unseen": 4, "pages": 1, "shard_size": 4}
FONTS = {"fonts": ("homemade-apple",), "held_out_fonts": ("bilbo",)}


@pytest.fixture(scope="session")
def small_speed():
    """Its config."""
    return SpeedConfig.model_validate(
        {
            "rounds": 2,
            "page_rounds": 1,
            "generator": {"widths": (8, 12), "encoder_blocks": (1, 1), "decoder_blocks": (1,)},
            "unets": {"small-unet": {"widths": (4, 8), "dropout": 0.0}},
            "precisions": ("fp32", "int8-static"),
            "lines": LINES | COUNTS | FONTS,
            "page_size": (480, 352),
        }
    )


@pytest.fixture(scope="session")
def models(small_speed, tmp_path_factory):
    """Both networks with random weights, as files."""
    folder = tmp_path_factory.mktemp("models")
    networks.write_ours(small_speed, None, folder / OURS)
    networks.write_unet(small_speed.unets["small-unet"], folder / OURS, 0, folder / "small-unet")
    return folder
