import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pulih.common.errors import ArtifactError, ConfigError, Interrupted
from pulih.data.charset import Charset
from pulih.data.lines import read_lines
from pulih.data.manifest import verify
from pulih.evaluation.peers import stage
from pulih.evaluation.peers.networks import parameters_of
from pulih.evaluation.peers.stage import PeerRestorer, train_peer
from pulih.evaluation.peers.trainer import PeerTrainer


@pytest.fixture(scope="module")
def trained(small_peer, tiny_lines, tmp_path_factory):
    folder = tmp_path_factory.mktemp("peer") / "erb"
    train_peer(small_peer, tiny_lines, Charset(), folder)
    return folder


def test_a_peer_is_sealed_with_its_sizes_and_costs(trained, small_peer):
    facts = verify(trained, "peer").facts
    assert set(facts["parameters"]) == {"generator", "discriminator", "recognizer"}
    assert facts["steps"] == small_peer.steps
    assert facts["cpu_seconds"] > 0
    assert facts["recognizer_cer_clean"] >= 0


def test_a_peer_restores_lines_of_any_width_as_its_network_does(trained, tiny_lines):
    lines = [sample.degraded for sample in read_lines(tiny_lines, "test_seen")[:3]]
    restorer = PeerRestorer.load(trained, 1)
    restored = restorer.restore_lines(lines)
    assert [line.shape for line in restored] == [line.shape for line in lines]
    assert {line.dtype for line in restored} == {np.dtype(np.uint8)}
    network = restorer._network
    assert parameters_of(network) == verify(trained, "peer").facts["parameters"]["generator"]
    padded = np.pad(lines[0] / 255, ((0, 0), (0, -lines[0].shape[1] % 32)), constant_values=1.0)
    with torch.no_grad():
        wanted = network(torch.tensor(padded, dtype=torch.float32)[None, None]).sigmoid()[0, 0]
    wanted = wanted[:, : lines[0].shape[1]].numpy() * 255
    assert np.abs(restored[0] - wanted).max() <= 0.51


def test_a_finished_peer_is_not_trained_again(trained, small_peer, tiny_lines, monkeypatch):
    monkeypatch.setattr(stage, "fit", lambda *_: pytest.fail("trained again"))
    assert train_peer(small_peer, tiny_lines, Charset(), trained).digest() == verify(trained, "peer").digest()


def test_an_interrupted_training_ends_as_an_uninterrupted_one(trained, small_peer, tiny_lines, tmp_path, monkeypatch):
    whole = PeerTrainer.advance

    def stopping(self):
        whole(self)
        if self.progress.step == 5:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(PeerTrainer, "advance", stopping)
    with pytest.raises(Interrupted, match="step 5"):
        train_peer(small_peer, tiny_lines, Charset(), tmp_path / "erb")
    monkeypatch.setattr(PeerTrainer, "advance", whole)
    train_peer(small_peer, tiny_lines, Charset(), tmp_path / "erb")
    first, second = (load_file(folder / "model.safetensors") for folder in (trained, tmp_path / "erb"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_folder_of_another_config_is_refused(trained, small_peer, tiny_lines):
    with pytest.raises(ConfigError, match="another config"):
        train_peer(small_peer.model_copy(update={"seed": 9}), tiny_lines, Charset(), trained)


def test_an_artifact_of_another_kind_is_refused(empty_artifact):
    with pytest.raises(ArtifactError, match="'peer'"):
        PeerRestorer.load(empty_artifact, 1)
