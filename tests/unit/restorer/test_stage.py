import json

import pytest
from PIL import Image

from pulih.common.errors import ArtifactError, ConfigError, UserError
from pulih.data.lines import read_lines
from pulih.data.manifest import verify
from pulih.restorer import stage
from pulih.restorer.artifact import load_generator
from pulih.restorer.confidence import keep_where_unsure
from pulih.restorer.config import RestorerConfig
from pulih.restorer.infer import Restorer
from pulih.restorer.validation import restored_line


@pytest.fixture(scope="module")
def artifact(tmp_path_factory, small, printed_lines, reader_folder):
    folder = tmp_path_factory.mktemp("restorer")
    stage.train(small, printed_lines, reader_folder, folder)
    return folder


def test_artifact_has_what_its_readers_expect(artifact):
    manifest = verify(artifact, "restorer")
    files = {"model.safetensors", "model.onnx", "config.json", "charset.json", "metrics.json", "curves.png"}
    assert {*files, "alignment.png", "MODEL_CARD.md", "strips/step-0000005.png", "strips/step-0000010.png"} == set(
        manifest.files
    )
    assert manifest.facts["onnx_max_difference"] < 1e-5
    assert manifest.facts["steps"] == 10
    assert set(manifest.parents) == {"lines", "recognizer"}
    with Image.open(artifact / "curves.png") as picture:
        assert picture.width > 800


def test_metrics_hold_the_history_by_step(artifact):
    metrics = json.loads((artifact / "metrics.json").read_text())
    training, validation = metrics["history"]["training"], metrics["history"]["validation"]
    assert [row["step"] for row in training] == [10]
    assert {"pixel", "ctc", "adversarial_text", "accuracy_text_mismatch", "gradient_norm_generator"} <= set(training[0])
    assert [row["step"] for row in validation] == [5, 10]
    assert metrics["validation"]["psnr"] == validation[-1]["psnr"]
    assert metrics["best_step"] == 10


def test_card_names_figures_weights_and_limits(artifact):
    card = (artifact / "MODEL_CARD.md").read_text()
    metrics = json.loads((artifact / "metrics.json").read_text())
    assert f"{metrics['validation']['psnr']:.2f}" in card
    assert "| adversarial_text | 0.01 |" in card or "| adversarial_text |" in card
    assert "invent strokes" in card
    assert ("paints white pages" in card) == metrics["white_page"]


def test_the_served_model_is_the_trained_one(artifact, printed_lines):
    import torch

    generator, restorer = load_generator(artifact), Restorer.load(artifact, threads=1)
    for sample in read_lines(printed_lines, "validation"):
        by_torch = restored_line(generator, sample.degraded, torch.device("cpu"))
        by_torch = keep_where_unsure(by_torch, sample.degraded, 64, RestorerConfig().keep_unsure)
        by_onnx = restorer.restore_line(sample.degraded)
        assert by_onnx.shape == sample.degraded.shape
        assert abs(by_torch.astype(int) - by_onnx.astype(int)).max() <= 1


def test_second_call_reuses_the_artifact(artifact, small, printed_lines, reader_folder):
    before = (artifact / "model.onnx").stat().st_mtime_ns
    stage.train(small, printed_lines, reader_folder, artifact)
    assert (artifact / "model.onnx").stat().st_mtime_ns == before


def test_folder_of_another_config_is_refused(artifact, small, printed_lines, reader_folder):
    with pytest.raises(ConfigError, match="another config"):
        stage.train(small.model_copy(update={"seed": 9}), printed_lines, reader_folder, artifact)


def test_lines_in_place_of_a_recognizer_are_refused(small, printed_lines, tmp_path):
    with pytest.raises(UserError, match="'recognizer' artifact"):
        stage.train(small, printed_lines, printed_lines, tmp_path)


def test_an_altered_weight_file_is_refused(artifact):
    path = artifact / "model.safetensors"
    former = path.read_bytes()
    path.write_bytes(former[:-1] + b"x")
    try:
        with pytest.raises(ArtifactError, match=r"model\.safetensors"):
            load_generator(artifact)
    finally:
        path.write_bytes(former)
