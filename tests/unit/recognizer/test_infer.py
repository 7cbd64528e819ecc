"""Lines are read alike by both back ends, word by word, and in the image that the recognizer is surer of."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from pulih.common.errors import ArtifactError
from pulih.data.charset import Charset
from pulih.data.manifest import write_manifest
from pulih.recognizer import export
from pulih.recognizer.decode import read
from pulih.recognizer.infer import LineReader
from pulih.recognizer.margin import SURER
from pulih.recognizer.model import build, load_recognizer, save_recognizer
from pulih.recognizer.view import reader_view


@pytest.fixture(scope="module", params=["convolutional", "recurrent"])
def folders(request, small, tmp_path_factory):
    """A recognizer artifact, and its copy with an ONNX model."""
    config = small.model_copy(update={"architecture": request.param})
    torch.manual_seed(0)
    made, exported = (tmp_path_factory.mktemp("recognizer") / name for name in ("made", "exported"))
    model = build(config, Charset(), 64)
    with torch.no_grad():
        model.classify.weight *= 20  # untrained, it would be equally unsure of everything
    save_recognizer(model, config, made)
    write_manifest(made, "recognizer", config, {}, {})
    export.export_artifact(made, exported)
    return made, exported


@pytest.fixture
def crop() -> np.ndarray:
    drawn = np.full((90, 420), 200, np.uint8)
    cv2.putText(drawn, "an evening on the river", (5, 60), cv2.FONT_HERSHEY_COMPLEX, 1, 60, 2)
    return drawn


def test_both_back_ends_read_what_pytorch_reads_at_every_width(folders) -> None:
    model = load_recognizer(folders[0])
    readers = LineReader.load_any(folders[0]), LineReader.load(folders[1], threads=1)
    random = np.random.default_rng(0)
    for width in (40, 333, 901):
        view = reader_view(random.integers(0, 256, (64, width), np.uint8), 64)
        padded = np.full((64, -(-width // 32) * 32), 255, np.uint8)
        padded[:, :width] = view
        (wanted,) = read(model, torch.from_numpy(padded)[None, None].float() / 255, torch.tensor([width]))
        lines = [reader.read(view) for reader in readers]
        assert [line.text for line in lines] == [" ".join(wanted.split())] * 2
        assert lines[0].confidence == pytest.approx(lines[1].confidence, abs=1e-4)
        assert 0 < lines[0].confidence <= 1
        edges = [edge for word in lines[0].words for edge in (word.start, word.end)]
        assert edges == sorted(edges)
        assert 0 <= edges[0] < edges[-1] <= 1


def test_an_exported_recognizer_is_read_without_torch_whoever_loads_it(folders) -> None:
    code = (
        "import sys; from pathlib import Path; from pulih.recognizer.infer import LineReader; "
        "LineReader.load_any(Path(sys.argv[1])); print('torch' in sys.modules)"
    )
    for folder, wanted in zip(folders, ("True", "False"), strict=True):
        done = subprocess.run([sys.executable, "-c", code, folder], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == wanted


def test_a_recognizer_without_the_model_is_refused_with_the_command_that_makes_it(folders) -> None:
    with pytest.raises(ArtifactError, match=r"one without.*python -m pulih.recognizer.export"):
        LineReader.load(folders[0])


def test_a_line_is_read_in_the_image_that_the_recognizer_is_surer_of(folders, crop) -> None:
    reader = LineReader.load(folders[1], threads=1)
    noise = np.random.default_rng(1).integers(0, 256, crop.shape).astype(np.uint8)
    images = [crop, noise, np.full_like(crop, 255), 255 - crop // 2]
    images.sort(key=lambda image: reader.path(image).surety)
    worse, better = images[0], images[-1]
    assert reader.path(better).surety > (1 + SURER) * reader.path(worse).surety
    assert reader.read_surer(worse, better) == (reader.read(better), True)
    assert reader.read_surer(better, worse) == (reader.read(better), False)
    # Not surer by more than the margin: the scan is read.
    assert reader.read_surer(crop, crop) == (reader.read(crop), False)
