import numpy as np
import pytest
import torch

from pulih.common.errors import ArtifactError, InputError
from pulih.data.charset import Charset
from pulih.data.manifest import verify, write_manifest
from pulih.recognizer import export
from pulih.recognizer.decode import read
from pulih.recognizer.infer import LineReader
from pulih.recognizer.model import build, load_recognizer, save_recognizer


@pytest.fixture(scope="module", params=["convolutional", "recurrent"])
def folders(request, small, tmp_path_factory):
    """A recognizer artifact, and its copy with an ONNX model."""
    config = small.model_copy(update={"architecture": request.param})
    torch.manual_seed(0)
    made, exported = (tmp_path_factory.mktemp("recognizer") / name for name in ("made", "exported"))
    save_recognizer(build(config, Charset(), 64), config, made)
    write_manifest(made, "recognizer", config, {}, {"cer_validation": 0.5})
    export.export_artifact(made, exported)
    return made, exported


def test_the_exported_recognizer_reads_what_pytorch_reads_at_every_width(folders) -> None:
    model, reader = load_recognizer(folders[0]), LineReader.load(folders[1], threads=1)
    random = np.random.default_rng(0)
    for width in (40, 333, 901):
        view = random.integers(0, 256, (64, width), np.uint8)
        padded = np.full((64, -(-width // 32) * 32), 255, np.uint8)
        padded[:, :width] = view
        wanted = read(model, torch.from_numpy(padded)[None, None].float() / 255, torch.tensor([width]))
        line = reader.read(view)
        assert line.text == wanted[0]
        assert 0 <= line.confidence <= 1


def test_the_copy_is_a_verified_recognizer_that_names_where_it_comes_from(folders) -> None:
    made, exported = (verify(folder, "recognizer") for folder in folders)
    assert exported.facts["trained_as"] == made.digest()
    assert exported.facts["cer_validation"] == 0.5
    assert exported.facts["onnx_max_difference"] < 1e-3
    assert set(exported.files) - set(made.files) == {"model.onnx"}
    assert load_recognizer(folders[1]).height == 64


def test_a_recognizer_without_the_model_is_refused_with_the_command_that_makes_it(folders) -> None:
    with pytest.raises(ArtifactError, match=r"one without.*python -m pulih.recognizer.export"):
        LineReader.load(folders[0])


def test_nothing_is_written_over(folders) -> None:
    with pytest.raises(InputError, match="not there yet"):
        export.export_artifact(*folders)
    assert export.main([str(folders[0])]) == InputError.exit_code
