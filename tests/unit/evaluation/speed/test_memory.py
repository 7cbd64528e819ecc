import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import PulihError
from pulih.evaluation.speed.config import OURS
from pulih.evaluation.speed.memory import measured_in_child
from pulih.evaluation.speed.sessions import Contender


def test_the_peak_counts_what_was_allocated_and_freed():
    code = (
        "import numpy; from pulih.evaluation.speed.memory import peak_bytes; before = peak_bytes();"
        "block = numpy.ones(200_000_000, numpy.uint8); del block; print(peak_bytes() - before)"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 180_000_000 < int(child.stdout) < 230_000_000


@pytest.mark.slow
def test_the_child_does_not_count_the_memory_of_its_parent(models, tmp_path):
    ballast = np.ones(900_000_000, np.uint8)
    page = tmp_path / "page.png"
    Image.fromarray(np.full((120, 160, 3), 220, np.uint8)).save(page)
    found = measured_in_child(Contender(OURS, "onnxruntime", "fp32"), models, page, 1)
    assert ballast[-1] == 1
    assert 20_000_000 < found["before"] <= found["peak"] < 700_000_000


@pytest.mark.slow
def test_a_child_that_fails_says_why(models, tmp_path):
    with pytest.raises(PulihError, match=r"missing\.png"):
        measured_in_child(Contender(OURS, "onnxruntime", "fp32"), models, tmp_path / "missing.png", 1)
