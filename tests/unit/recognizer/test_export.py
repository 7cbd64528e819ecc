import pytest
import torch

from pulih.common.errors import InputError
from pulih.data.charset import Charset
from pulih.data.manifest import verify, write_manifest
from pulih.recognizer import export
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


def test_the_copy_is_a_verified_recognizer_that_names_where_it_comes_from(folders) -> None:
    made, exported = (verify(folder, "recognizer") for folder in folders)
    assert exported.facts["trained_as"] == made.digest()
    assert exported.facts["cer_validation"] == 0.5
    assert exported.facts["onnx_max_difference"] < 1e-3
    assert set(exported.files) - set(made.files) == {"model.onnx"}
    assert load_recognizer(folders[1]).height == 64


def test_nothing_is_written_over(folders) -> None:
    with pytest.raises(InputError, match="not there yet"):
        export.export_artifact(*folders)
    assert export.main([str(folders[0])]) == InputError.exit_code
