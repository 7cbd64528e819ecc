import numpy as np
import onnxruntime
import pytest
import torch

from pulih.common.errors import PulihError
from pulih.restorer import export
from pulih.restorer.config import GeneratorConfig
from pulih.restorer.generator import Generator


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(GeneratorConfig(widths=(8, 12, 16), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1))).eval()


def test_exported_model_equals_pytorch_on_several_sizes(generator, tmp_path):
    difference = export.export_onnx(generator, tmp_path / "model.onnx")
    assert 0 <= difference < 1e-5
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert [value.name for value in session.get_inputs()] == ["degraded"]
    assert [value.name for value in session.get_outputs()] == ["restored"]
    for shape in ((1, 1, 32, 32), (5, 1, 64, 512), (1, 1, 288, 160)):
        image = np.random.default_rng(0).random(shape, dtype=np.float32)
        with torch.no_grad():
            wanted = generator.restore(torch.from_numpy(image)).numpy()
        found = session.run(["restored"], {"degraded": image})[0]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_model_that_differs_is_refused(generator, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(PulihError, match="differs from PyTorch"):
        export.export_onnx(generator, tmp_path / "model.onnx")
