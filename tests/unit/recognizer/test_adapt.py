import os
import signal

import numpy as np
import pytest
import torch

from pulih.common.config import StageConfig, read_json
from pulih.common.dist import Group
from pulih.common.errors import ArtifactError, ConfigError, Interrupted
from pulih.data.charset import Charset
from pulih.data.lines import LineSample
from pulih.data.manifest import read_manifest, write_manifest
from pulih.recognizer.adapt import Material, adapt, extended, fits
from pulih.recognizer.config import AdaptationConfig, RecognizerConfig
from pulih.recognizer.model import build, load_recognizer, save_recognizer
from pulih.recognizer.trainer import Trainer
from pulih.recognizer.validate import validation_scores


@pytest.fixture(scope="session")
def initial(tmp_path_factory, samples, small):
    """A recognizer with random weights."""
    folder = tmp_path_factory.mktemp("initial")
    torch.set_num_threads(1)
    trainer = Trainer(small, samples, Group(0, 1, torch.device("cpu")))
    save_recognizer(trainer.model, small, folder)
    write_manifest(folder, "recognizer", small, {}, {})
    return folder


@pytest.fixture
def material(samples):
    """Printed words, eight to learn from and four to stop by."""
    darker = [LineSample(s.key, s.degraded, s.clean, s.text, {"severity": 0.0}) for s in samples]
    return Material(darker[:8], darker[8:])


def config_for(initial, **changes):
    values = {"steps": 6, "batch_size": 4, "validation_interval": 3, "learning_rate": 0.01, "warmup_steps": 0}
    return AdaptationConfig(initial=read_manifest(initial).digest(), material="m", **(values | changes))


def test_an_extended_recognizer_scores_known_characters_as_before(initial, small):
    model = load_recognizer(initial)
    wider = extended(model, small, "õẽ", seed=3).eval()
    image = torch.rand(1, 1, 64, 128)
    with torch.no_grad():
        before, after = model(image), wider(image)
    assert wider.charset.characters == model.charset.characters + "õẽ"
    assert torch.allclose(after[..., : before.shape[-1]], before, atol=1e-6)
    assert wider.charset.decode(after[..., : before.shape[-1]].argmax(-1)[0].tolist()) == model.charset.decode(
        before.argmax(-1)[0].tolist()
    )


def test_new_rows_are_less_likely_than_any_known_character_on_the_average(initial, small):
    model = load_recognizer(initial)
    wider = extended(model, small, "õ", seed=3).eval()
    with torch.no_grad():
        scores = wider(torch.rand(1, 1, 64, 128)).mean((0, 1))
    assert scores[-1] < scores[1:-1].mean() - 2


def test_a_new_character_that_is_known_is_refused(initial, small):
    with pytest.raises(ConfigError, match="'a'"):
        extended(load_recognizer(initial), small, "aõ", seed=0)


def test_every_weight_of_the_copy_can_learn_and_the_artifact_stays_as_it_was(initial, small):
    model = load_recognizer(initial)
    wider = extended(model, small, "", seed=0)
    assert all(parameter.requires_grad for parameter in wider.parameters())
    with torch.no_grad():
        wider.classify.weight.zero_()
    assert model.classify.weight.abs().sum() > 0


def test_only_weights_that_the_config_names_are_inherited(initial, material, tmp_path):
    other = config_for(initial).model_copy(update={"initial": "0" * 12})
    with pytest.raises(ArtifactError, match="000000000000"):
        adapt(other, initial, material, tmp_path / "a")


def test_adaptation_lowers_the_loss_and_says_where_it_came_from(initial, material, tmp_path):
    sealed = adapt(config_for(initial, steps=40, validation_interval=20), initial, material, tmp_path / "a")
    loss = [row["loss"] for row in _history(tmp_path / "a")["training"]]
    assert loss[-1] < 0.8 * loss[0]
    assert sealed.parents == {"initial": read_manifest(initial).digest()}
    assert load_recognizer(tmp_path / "a").charset.characters == Charset().characters


def test_the_weights_that_read_best_are_kept_the_initial_ones_among_them(initial, material, tmp_path, alone):
    sealed = adapt(config_for(initial, steps=9), initial, material, tmp_path / "a")
    seen = {row["step"]: row["cer"] for row in _history(tmp_path / "a")["validation"]}
    assert set(seen) == {0, 3, 6, 9} or len(seen) < 4
    assert sealed.facts["cer_before"] == seen[0]
    assert sealed.facts["cer_validation"] == min(seen.values())
    kept = validation_scores(load_recognizer(tmp_path / "a"), material.validation, 4, alone)
    assert kept["cer"] == pytest.approx(min(seen.values()))


def test_a_finished_adaptation_is_reused(initial, material, tmp_path):
    first = adapt(config_for(initial), initial, material, tmp_path / "a")
    written = (tmp_path / "a" / "model.safetensors").stat().st_mtime_ns
    assert adapt(config_for(initial), initial, material, tmp_path / "a").digest() == first.digest()
    assert (tmp_path / "a" / "model.safetensors").stat().st_mtime_ns == written


def test_an_interrupted_adaptation_ends_with_the_same_weights(initial, material, tmp_path, monkeypatch):
    whole = adapt(config_for(initial), initial, material, tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "validate", _stopping(Trainer.validate, 3))
        with pytest.raises(Interrupted):
            adapt(config_for(initial), initial, material, tmp_path / "parts")
    parts = adapt(config_for(initial), initial, material, tmp_path / "parts")
    assert parts.files["model.safetensors"] == whole.files["model.safetensors"]


def _stopping(validate, step):
    def stop_at(self, samples):
        validate(self, samples)
        if self.progress.step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    return stop_at


def test_a_text_longer_than_its_columns_does_not_fit():
    image = np.full((64, 16), 255, np.uint8)
    short, long = (LineSample("k", image, image, text, {}) for text in ("abcd", "abcde"))
    repeated = LineSample("k", image, image, "aabb", {})
    assert [fits(line, Charset(), 4) for line in (short, long, repeated)] == [True, False, False]


def test_an_adapted_recognizer_may_be_of_either_architecture(tmp_path, samples, material):
    config = RecognizerConfig(architecture="recurrent", channels=8, hidden=16, depth=1)
    (tmp_path / "r").mkdir()
    save_recognizer(build(config, Charset(), 64), config, tmp_path / "r")
    write_manifest(tmp_path / "r", "recognizer", StageConfig(), {}, {})
    adapt(config_for(tmp_path / "r", steps=2, validation_interval=2), tmp_path / "r", material, tmp_path / "a")
    assert type(load_recognizer(tmp_path / "a")).__name__ == "RecurrentRecognizer"


def _history(folder):
    return read_json(folder / "metrics.json")["history"]
