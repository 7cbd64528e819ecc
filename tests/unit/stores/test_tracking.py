import shutil
import sqlite3

import onnx
import pytest

from pulih.common.errors import StoreError
from pulih.common.settings import Settings
from pulih.stores.tracking import Tracking, describe_onnx_model, local_folder, tracking_uri

VARIABLES = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "PULIH_MLFLOW_URI",
)


@pytest.fixture(autouse=True)
def no_orchestrator(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(runs_dir=tmp_path_factory.mktemp("tracking"), mlflow_uri=None)


@pytest.fixture(scope="module")
def opened(settings):
    return Tracking(settings)


def test_address_is_ours_then_the_orchestrators_then_a_local_file(settings, monkeypatch):
    assert tracking_uri(settings) == f"sqlite:///{settings.runs_dir}/registry/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://injected:5000")
    assert tracking_uri(settings) == "http://injected:5000"
    assert tracking_uri(Settings(mlflow_uri="http://ours:5000")) == "http://ours:5000"


def test_password_of_the_server_is_never_shown():
    opened = Tracking(Settings(mlflow_uri="http://someone:secret@127.0.0.1:9"))
    assert opened.address == "http://127.0.0.1:9"
    with pytest.raises(StoreError) as caught:
        opened.versions("m")
    assert "secret" not in str(caught.value)


def test_server_that_is_gone_is_named_with_what_to_check():
    with pytest.raises(StoreError, match=r"MLflow at http://127\.0\.0\.1:9.*PULIH_MLFLOW_URI"):
        Tracking(Settings(mlflow_uri="http://127.0.0.1:9")).holder("m", "champion")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "x.db").write_text("not a database, but long enough to be looked at " * 40)
    with pytest.raises(StoreError, match="not a database"):
        Tracking(Settings(mlflow_uri=f"sqlite:///{tmp_path}/x.db")).versions("m")


def test_an_empty_registry_has_no_versions_no_champion_and_no_notes(opened):
    assert opened.versions("none") == []
    assert opened.holder("none", "champion") is None
    assert opened.notes("none") == {}


def test_versions_alias_and_notes_come_back(opened):
    made = []
    for number in range(11):
        with opened.run("experiment", f"run {number}", {"tag": "value"}) as run:
            run.log_params({"number": number})
        made.append(opened.register("model", run.run_id, {"number": str(number)}, "a description"))
    assert [v.version for v in opened.versions("model")] == [str(n) for n in range(1, 12)]
    opened.give_alias(made[3], "champion")
    opened.give_alias(made[9], "champion")
    assert opened.holder("model", "champion") == opened.versions("model")[9]
    assert opened.holder("model", "other") is None
    opened.add_note("model", "a", "1")
    assert opened.notes("model") == {"a": "1"}


def test_many_parameters_and_metrics_exceed_no_batch_limit(opened):
    with opened.run("experiment", "many", {}) as run:
        run.log_params({f"p{n}": n for n in range(250)})
        run.log_history([(step, "loss", 1 / (1 + step)) for step in range(2000)])
    data = opened._client.get_run(run.run_id).data
    assert len(data.params) == 250
    assert len(opened._client.get_metric_history(run.run_id, "loss")) == 2000


def test_a_run_that_fails_inside_is_marked_failed(opened):
    with pytest.raises(ZeroDivisionError), opened.run("experiment", "failing", {}) as run:
        _ = 1 / 0
    assert opened._client.get_run(run.run_id).info.status == "FAILED"


def test_a_run_of_the_orchestrator_is_continued_and_left_open(opened, monkeypatch):
    outer = opened._client.create_run(opened._client.create_experiment("orchestrated"))
    monkeypatch.setenv("MLFLOW_RUN_ID", outer.info.run_id)
    with opened.run("experiment", "ignored", {"ours": "yes"}) as run:
        run.log_params({"a": 1})
    kept = opened._client.get_run(outer.info.run_id)
    assert run.run_id == outer.info.run_id
    assert (kept.info.status, kept.data.params, kept.data.tags["ours"]) == ("RUNNING", {"a": "1"}, "yes")


def test_an_experiment_of_the_orchestrator_is_used(opened, monkeypatch):
    given = opened._client.create_experiment("given")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", given)
    with opened.run("experiment", "run", {}) as run:
        pass
    assert opened._client.get_run(run.run_id).info.experiment_id == given


def test_artifacts_lie_beside_the_database_and_come_back(opened, settings, tmp_path):
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "file.txt").write_text("content")
    with opened.run("experiment", "artifacts", {}) as run:
        run.log_folder(tmp_path / "up", "folder")
    held = opened.register("other", run.run_id, {}, "")
    assert (opened.download(held, "folder", tmp_path / "down") / "file.txt").read_text() == "content"
    assert list(local_folder(settings).rglob("folder/file.txt"))


def test_artifacts_may_lie_in_an_s3_store(s3_settings, settings, tmp_path, monkeypatch):
    for name in s3_settings.environment_for_s3_tools():
        monkeypatch.setenv(name, "set by opening the store, and gone after this test")
    shutil.copytree(settings.runs_dir, tmp_path / "runs")
    there = s3_settings.model_copy(
        update={"runs_dir": tmp_path / "runs", "mlflow_uri": None, "mlflow_artifacts": "s3://mlflow/tests"}
    )
    remote = Tracking(there)
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "file.txt").write_text("content")
    with remote.run("in s3", "artifacts", {}) as run:
        run.log_folder(tmp_path / "up", "folder")
    held = remote.register("in-s3", run.run_id, {}, "")
    assert (remote.download(held, "folder", tmp_path / "down") / "file.txt").read_text() == "content"
    assert remote._client.get_run(run.run_id).info.artifact_uri.startswith("s3://mlflow/tests/")


def test_pickles_are_refused_and_telemetry_is_off(opened):
    import os

    from mlflow.environment_variables import MLFLOW_ALLOW_PICKLE_DESERIALIZATION, MLFLOW_DISABLE_TELEMETRY

    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert (MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get(), MLFLOW_DISABLE_TELEMETRY.get()) == (False, True)


def test_described_model_has_flavour_signature_and_requirements(blur_restorer, tmp_path):
    shutil.copyfile(blur_restorer / "model.onnx", tmp_path / "model.onnx")
    describe_onnx_model(tmp_path, "model.onnx", {"degraded": (-1, 1, -1, -1), "restored": (-1, 1, -1, -1)})
    from mlflow.models import Model

    described = Model.load(str(tmp_path))
    assert described.flavors["onnx"]["data"] == "model.onnx"
    assert described.flavors["python_function"]["loader_module"] == "mlflow.onnx"
    assert described.signature.inputs.input_names() == ["degraded"]
    assert f"onnx=={onnx.__version__}" in (tmp_path / "requirements.txt").read_text()
    assert {f.name for f in tmp_path.iterdir()} == {"MLmodel", "model.onnx", "requirements.txt"}


def test_database_in_use_is_a_plain_sqlite_file(opened, settings):
    with sqlite3.connect(local_folder(settings) / "mlflow.db") as database:
        assert database.execute("select count(*) from experiments").fetchone()[0] >= 1
