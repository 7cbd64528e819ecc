import json

import pytest
import torch

from pulih.common.errors import ArtifactError, InputError
from pulih.data.batches import stack
from pulih.data.charset import Charset
from pulih.data.manifest import write_manifest
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.model import build, load_recognizer, save_recognizer

ARCHITECTURES = ["convolutional", "recurrent"]


@pytest.fixture(params=ARCHITECTURES)
def config(request, small):
    return small.model_copy(update={"architecture": request.param})


@pytest.fixture
def model(config):
    torch.manual_seed(0)
    return build(config, Charset(), 64).eval()


@pytest.fixture
def artifact(tmp_path, config, model):
    save_recognizer(model, config, tmp_path)
    write_manifest(tmp_path, "recognizer", config, {}, {})
    return tmp_path


@pytest.mark.parametrize("height", [64, 128])
def test_one_column_per_stride_and_one_class_per_character_and_blank(config, height):
    model = build(config, Charset(), height)
    logits = model(torch.rand(2, 1, height, 96))
    assert model.stride == height // 16
    assert logits.shape == (2, 96 // model.stride, len(Charset()))


def test_heights_without_a_stem_are_refused(config):
    with pytest.raises(InputError, match="48"):
        build(config, Charset(), 48)


def test_features_share_the_columns_of_the_output(model):
    maps = model.features(torch.rand(2, 1, 64, 96))
    assert [part.shape[2] for part in maps] == [16, 8, 1]
    assert {part.shape[3] for part in maps} == {24}


def test_reading_does_not_depend_on_the_other_lines_of_a_batch(model):
    images = torch.rand(3, 1, 64, 96)
    together, alone = model(images), model(images[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


def test_convolutional_scores_inside_a_line_do_not_depend_on_its_padding(small, samples):
    torch.manual_seed(0)
    model = build(small, Charset(), 64).eval()
    image = samples[0].clean
    inside = image.shape[1] // 4 - 8
    short, long = model(stack([image])), model(stack([image], 512))
    torch.testing.assert_close(short[:, :inside], long[:, :inside], atol=1e-4, rtol=1e-3)


def test_loaded_recognizer_is_frozen_yet_passes_the_gradient_to_the_image(artifact):
    model = load_recognizer(artifact)
    images = torch.rand(2, 1, 64, 96, requires_grad=True)
    sum(part.square().mean() for part in model.features(images)).backward()
    assert images.grad.abs().sum() > 0
    assert images.grad.isfinite().all()
    assert not model.training
    assert all(not p.requires_grad and p.grad is None for p in model.parameters())


def test_loaded_recognizer_gives_the_saved_scores(artifact, model):
    images = torch.rand(2, 1, 64, 96)
    loaded = load_recognizer(artifact)
    torch.testing.assert_close(loaded(images), model(images), atol=1e-5, rtol=1e-4)
    assert (loaded.height, loaded.stride, loaded.charset.characters) == (64, 4, Charset().characters)


def test_altered_weights_are_refused_by_name(artifact):
    path = artifact / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArtifactError, match=r"model\.safetensors"):
        load_recognizer(artifact)


def test_artifact_of_another_kind_is_refused(tmp_path):
    write_manifest(tmp_path, "restorer", RecognizerConfig(), {}, {})
    with pytest.raises(ArtifactError, match="'restorer' artifact"):
        load_recognizer(tmp_path)


def test_stored_config_rebuilds_the_model_without_pickle(artifact, config):
    stored = json.loads((artifact / "config.json").read_text())
    assert RecognizerConfig.model_validate(stored["recognizer"]) == config
    assert not list(artifact.glob("*.pt"))
