"""Small pages with ground truth: dark strokes on a paper that darkens to one side."""

import numpy as np
import pytest
from PIL import Image


def write_pair(folder, name, seed, size=(96, 160), dark_side=150):
    random = np.random.default_rng(seed)
    height, width = size
    truth = np.zeros(size, bool)
    for top in range(10, height - 12, 20):
        for left in range(6, width - 12, 9):
            truth[top : top + int(random.integers(6, 11)), left : left + 3] = True
    paper = np.tile(np.linspace(230, dark_side, width), (height, 1)) + random.normal(0, 4, size)
    grey = np.clip(np.where(truth, paper * 0.3, paper), 0, 255).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(folder / f"{name}_source.png")
    Image.fromarray(np.where(truth, 0, 255).astype(np.uint8)).convert("1").save(folder / f"{name}_target.png")


@pytest.fixture
def pages(tmp_path):
    """Five pairs of two years."""
    folder = tmp_path / "pages"
    for seed, name in enumerate(["SET2009_H01", "SET2009_H02", "SET2012_H01", "SET2012_H02", "SET2012_H03"]):
        write_pair(folder, name, seed)
    return folder


@pytest.fixture
def make_pair():
    return write_pair
