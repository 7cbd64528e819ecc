import numpy as np
import onnx
import pytest

from pulih.common.errors import ArtifactError
from pulih.evaluation.speed import networks
from pulih.evaluation.speed.config import OURS
from pulih.evaluation.speed.sessions import Contender, open_restorer

# Apart from the other tests: a process that had loaded it beside PyTorch was once ended by a segmentation fault, later.
OPENVINO = pytest.param("openvino", marks=pytest.mark.slow)


@pytest.fixture(scope="module")
def line():
    random = np.random.default_rng(3)
    return np.repeat(random.integers(40, 255, (64, 24), dtype=np.uint8), 4, axis=1)


@pytest.mark.parametrize("runtime", ["onnxruntime", OPENVINO])
@pytest.mark.parametrize("network", [OURS, "small-unet"])
def test_every_runtime_restores_alike(models, line, network, runtime):
    first, other = (
        open_restorer(Contender(network, one, "fp32"), models, 1).restore_line(line).astype(int)
        for one in ("pytorch", runtime)
    )
    assert np.abs(first - other).max() <= 1
    assert first.std() > 0


@pytest.mark.parametrize(
    ("runtime", "precision"),
    [
        ("onnxruntime", "int8-static"),
        ("onnxruntime", "int8-dynamic"),
        pytest.param("openvino", "int8-static", marks=OPENVINO.marks),
    ],
)
def test_quantized_weights_take_8_bits_and_change_the_answer_little(models, line, runtime, precision):
    networks.quantize(models / OURS, precision, [line])
    path = networks.onnx_path(models / OURS, precision)
    weights = [w for w in onnx.load(path).graph.initializer if len(w.dims) == 4 and w.dims[2] * w.dims[3] > 1]
    assert weights
    assert all(w.data_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8) for w in weights)
    restorers = [open_restorer(Contender(OURS, runtime, name), models, 1) for name in ("fp32", precision)]
    for restorer in restorers:
        # What an untrained network answers is doubtful everywhere, and the input would be shown instead.
        restorer.keep_unsure = 0
    exact, rough = (restorer.restore_line(line).astype(float) for restorer in restorers)
    assert 0 < np.abs(exact - rough).mean() < 4


def test_an_altered_restorer_is_refused(small_speed, blur_restorer, tmp_path):
    with pytest.raises(ArtifactError):
        networks.write_ours(small_speed, tmp_path / "nothing", tmp_path / "models")


def test_parameters_are_those_of_the_network(models, small_speed):
    from safetensors.numpy import load_file

    values = load_file(models / OURS / "model.safetensors")
    assert networks.parameters(models / OURS) == sum(value.size for value in values.values())
