import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from pulih.common.config import build_config, read_json
from pulih.common.errors import ArtifactError, GateRefused
from pulih.data.manifest import verify
from pulih.registry.config import GateConfig, RegistryConfig
from pulih.registry.promotions import read_file
from pulih.registry.stage import decide, register

MODEL = "pulih-restorer"


class Chain:
    """One candidate's way: restorer, evaluation, decision, registration."""

    def __init__(self, shelf, policy, name, seed, **figures):
        self.name, self.shelf, self.policy = name, shelf, policy
        self.restorer = shelf.restorer(name, seed)
        self.evaluation = shelf.evaluation(f"{name}-evaluation", self.restorer, **figures)

    def decide(self, attempt=""):
        self.decision = self.shelf.folder / f"{self.name}-decision{attempt}"
        return decide(self.policy, self.evaluation, self.decision)

    def register(self, attempt=""):
        output = self.shelf.folder / f"{self.name}-registration{attempt}"
        return register(RegistryConfig(), self.restorer, self.evaluation, self.decision, output)


@pytest.fixture
def chain(shelf, production):
    return lambda name, seed=0, **figures: Chain(shelf, production, name, seed, **figures)


def champion(store):
    return store.holder(MODEL, "champion")


def test_an_approved_restorer_becomes_champion_and_comes_back_unchanged(chain, store, tmp_path, monkeypatch):
    one = chain("one")
    assert one.decide().facts["approved"]
    facts = one.register().facts
    assert (facts["version"], facts["created"], facts["promoted"]) == ("1", True, True)

    held = champion(store)
    assert held.version == "1"
    assert set(held.tags) >= {"pulih.commit", "pulih.config", "pulih.decision", "pulih.lines", "pulih.policy"}
    made = verify(one.restorer, "restorer")
    downloaded = store.download(held, "model", tmp_path / "back")
    assert verify(downloaded, "restorer").digest() == made.digest() == held.tags["pulih.restorer"]
    assert (
        verify(store.download(held, "evaluation", tmp_path / "back"), "evaluation").parents["restorer"] == made.digest()
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    _loads_in_mlflow(downloaded)
    _holds_no_pickle(tmp_path / "runs" / "registry" / "artifacts")


def _loads_in_mlflow(downloaded):
    import mlflow

    folder = mlflow.artifacts.download_artifacts(
        f"models:/{MODEL}@champion", dst_path=str(downloaded.parent / "by-alias")
    )
    assert verify(Path(folder), "restorer") == verify(downloaded, "restorer")
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    image = np.random.default_rng(0).random((2, 1, 64, 96), dtype=np.float32)
    expected = onnxruntime.InferenceSession(downloaded / "model.onnx").run(None, {"degraded": image})[0]
    assert np.allclose(loaded.predict({"degraded": image})["restored"], expected)
    assert [(i.name, i.shape) for i in loaded.metadata.signature.inputs] == [("degraded", (-1, 1, -1, -1))]
    assert [o.name for o in loaded.metadata.signature.outputs] == ["restored"]


def _holds_no_pickle(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"MLmodel", "model.onnx", "model.safetensors", "report.html", "decision.json"} <= {f.name for f in files}
    for path in files:
        head = path.read_bytes()[:4]
        assert path.suffix not in {".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".npz"}
        assert not (head[:1] == b"\x80" and head[1] <= 5), f"{path} begins like a pickle"
        assert head != b"PK\x03\x04", f"{path} is a zip file, which may hold a pickle"


def test_run_holds_parameters_figures_with_steps_and_the_data_digest(chain, store):
    one = chain("one")
    one.decide()
    one.register()
    run = store._client.get_run(champion(store).run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["restorer.seed"] == "0"
    assert run.data.params["evaluation.resamples"] == "2000"
    assert run.data.metrics["test_unseen/all/restored/psnr/mean"] == 30.0
    history = store._client.get_metric_history(run.info.run_id, "training/pixel")
    assert [(m.step, m.value) for m in sorted(history, key=lambda m: m.step)] == [(1, 0.5), (2, 0.25)]
    lines = verify(one.shelf.lines, "lines").digest()
    used = [(i.dataset.name, i.dataset.digest, i.tags[0].value) for i in run.inputs.dataset_inputs]
    assert sorted(used) == [("evaluation lines", lines, "evaluation"), ("training lines", lines, "training")]


def test_registering_the_same_restorer_again_changes_nothing_and_says_so(chain, store, tmp_path, caplog):
    one = chain("one")
    one.decide()
    one.register()
    record = tmp_path / "runs" / "registry" / f"{MODEL}.promotions.jsonl"
    before = record.read_bytes()
    with caplog.at_level("INFO"):
        again = one.register("-again").facts
    assert (again["version"], again["created"], again["promoted"]) == ("1", False, False)
    assert "champion already" in caplog.text
    assert record.read_bytes() == before
    assert len(store.versions(MODEL)) == 1


def test_a_refused_restorer_touches_nothing(chain, store, tmp_path):
    one, bad = chain("one"), chain("bad", 1, psnr=21.25)
    one.decide()
    one.register()
    record = tmp_path / "runs" / "registry" / f"{MODEL}.promotions.jsonl"
    before = record.read_bytes()
    refused = bad.decide()
    assert not refused.facts["approved"]
    with pytest.raises(GateRefused, match=r"21\.2500 is 8\.7500 below") as caught:
        bad.register()
    assert caught.value.exit_code == 3
    assert champion(store).version == "1"
    assert len(store.versions(MODEL)) == 1
    assert record.read_bytes() == before
    assert not (bad.shelf.folder / "bad-registration").exists()


def test_champion_is_replaced_only_by_one_within_its_interval(chain, store):
    one, worse, equal = chain("one", cer=0.1), chain("worse", 1, cer=0.13), chain("equal", 2, cer=0.12)
    one.decide()
    one.register()
    assert not worse.decide().facts["approved"]
    assert "champion's interval" in read_json(worse.decision / "decision.json")["summary"]
    assert equal.decide().facts["approved"]
    equal.register()
    assert champion(store).version == "2"
    entries = read_file(equal.shelf.folder / "equal-registration" / "promotions.jsonl")
    assert [(e.version, e.replaces) for e in entries] == [("1", None), ("2", "1")]
    assert entries[1].reason.decision == verify(equal.decision, "decision").digest()


def test_a_champion_measured_on_other_lines_is_compared_and_marked(chain, store, shelf, caplog):
    one = chain("one")
    one.decide()
    one.register()
    two = chain("two", 1)
    two.evaluation = shelf.evaluation("elsewhere", two.restorer, lines=shelf.reader)
    two.decide()
    assert read_json(two.decision / "decision.json")["champion"]["same_test"] is False
    assert "other lines or by another recognizer" in caplog.text


def test_a_decision_against_a_former_champion_does_not_promote(chain, store):
    early, late = chain("early", 0), chain("late", 1)
    early.decide()
    late.decide()
    late.register()
    with pytest.raises(ArtifactError, match="Run the gate again"):
        early.register()
    assert champion(store).version == "1"
    early.decide("-again")
    assert early.register().facts["version"] == "2"


def test_a_replaced_champion_comes_back_by_a_new_decision_only(chain, store, caplog):
    one, two = chain("one", 0), chain("two", 1)
    one.decide()
    one.register()
    two.decide()
    two.register()
    with caplog.at_level("INFO"):
        assert not one.register("-again").facts["promoted"]
    assert "replaced since" in caplog.text
    assert champion(store).version == "2"
    one.decide("-again")
    facts = one.register("-anew").facts
    assert (facts["version"], facts["created"], facts["promoted"]) == ("1", False, True)
    assert champion(store).version == "1"
    assert len(store.versions(MODEL)) == 2


def test_a_crash_before_the_alias_moved_is_repaired(chain, store, monkeypatch):
    from pulih.stores.tracking import Tracking

    one = chain("one")
    one.decide()
    with monkeypatch.context() as patch:
        patch.setattr(Tracking, "give_alias", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            one.register()
    assert champion(store) is None
    facts = one.register("-again").facts
    assert champion(store).version == facts["version"] == "1"
    assert len(store.versions(MODEL)) == 1


def test_an_alias_moved_by_hand_is_noticed(chain, store):
    one, two, three = (chain(name, seed) for seed, name in enumerate(("one", "two", "three")))
    for each in (one, two):
        each.decide()
        each.register()
    three.decide()
    three.register()
    store.give_alias(store.versions(MODEL)[0], "champion")
    with pytest.raises(ArtifactError, match="The gate alone moves the alias"):
        three.register("-again")


def test_a_deleted_champion_is_noticed(chain, store):
    one, two = chain("one", 0), chain("two", 1)
    one.decide()
    one.register()
    store._client.delete_registered_model_alias(MODEL, "champion")
    store._client.delete_model_version(MODEL, "1")
    with pytest.raises(ArtifactError, match="version 1 of pulih-restorer; found none"):
        two.decide()


@pytest.mark.parametrize("foreign", ["restorer", "evaluation"])
def test_a_decision_about_another_candidate_is_refused(chain, store, foreign):
    one, two = chain("one", 0), chain("two", 1, psnr=31.0)
    one.decide()
    setattr(one, foreign, getattr(two, foreign))
    with pytest.raises(ArtifactError, match="Pass the"):
        one.register()
    assert store.versions(MODEL) == []


def test_an_edited_decision_is_refused(chain, store):
    bad = chain("bad", psnr=20.0)
    bad.decide()
    path = bad.decision / "decision.json"
    path.write_text(path.read_text().replace('"approved": false', '"approved": true'))
    with pytest.raises(ArtifactError, match="altered"):
        bad.register()
    assert store.versions(MODEL) == []


def test_decision_tells_every_rule_and_the_policys_digest(chain, store, production, caplog):
    one = chain("one")
    with caplog.at_level("INFO"):
        one.decide()
    decision = json.loads((one.decision / "decision.json").read_text())
    assert decision["policy_digest"] == production.digest()
    assert [rule["name"] for rule in decision["rules"]] == [rule.name for rule in production.rules]
    for rule in production.rules:
        assert f"pass  {rule.name}" in caplog.text


def test_a_policy_without_champion_needs_no_store(shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_MLFLOW_URI", "http://127.0.0.1:9")
    rule = {"kind": "bound", "name": "r", "metric": "test_unseen/all/restored/psnr", "operator": ">=", "target": 31}
    config = build_config(GateConfig, {"name": "p", "registered_model": "m", "rules": [rule]})
    evaluation = shelf.evaluation("e", shelf.restorer("r"))
    assert decide(config, evaluation, tmp_path / "d").facts["approved"] is False


def test_an_evaluation_without_figures_is_a_refusal(shelf, store, production, tmp_path):
    evaluation = shelf.evaluation("e", shelf.restorer("r"))
    shutil.rmtree(evaluation)
    evaluation.mkdir()
    (evaluation / "metrics.json").write_text('{"test_unseen": {}}')
    from pulih.common.config import StageConfig
    from pulih.data.manifest import write_manifest

    write_manifest(evaluation, "evaluation", StageConfig(), {"restorer": shelf.folder / "r"}, {})
    facts = decide(production, evaluation, tmp_path / "d").facts
    assert not facts["approved"]
    assert "no finite figure at 'test_unseen/all/restored/psnr'" in facts["summary"]


def test_keys_of_the_store_are_in_no_record(chain, store, s3_server, s3_settings_of, tmp_path, caplog):
    s3_settings_of(s3_server)
    _, planted = s3_server.keys
    one = chain("one")
    one.decide()
    with caplog.at_level("DEBUG"):
        one.register()
    assert planted not in caplog.text
    records = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".onnx"]
    assert any(path.name == "mlflow.db" for path in records)
    assert [path.name for path in records if planted.encode() in path.read_bytes()] == []
