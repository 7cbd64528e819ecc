"""Small configs and words for the synthesis tests."""

import pytest

from pulih.common.config import build_config
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.faces import open_face
from pulih.synthesis.text import TextSource

SMALL = {
    "seed": 3,
    "languages": {"ms": 1.0},
    "vocabulary": 1500,
    "fonts": ["homemade-apple", "meddon"],
    "held_out_fonts": ["bilbo"],
    "min_width": 96,
    "max_width": 160,
    "train": 12,
    "validation": 4,
    "test_seen": 4,
    "test_unseen": 4,
    "pages": 0,
    "shard_size": 4,
    "workers": 1,
}


@pytest.fixture(scope="session")
def small():
    """Return a function that makes a small config with changes."""
    return lambda **changes: build_config(SynthesisConfig, SMALL | changes)


@pytest.fixture(scope="session")
def words(small):
    """The words of the training split of the small config."""
    return TextSource(small(), "train")


@pytest.fixture(scope="session")
def face():
    """A font to write with."""
    return open_face("homemade-apple")
