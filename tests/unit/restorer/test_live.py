import io
import logging

import pytest
from PIL import Image

from pulih.common.errors import TrainingFailed
from pulih.common.settings import Settings
from pulih.recognizer.model import load_recognizer
from pulih.restorer.live import EXPERIMENT, rows_after, watched
from pulih.restorer.trainer import Trainer, fit
from pulih.stores.tracking import tracking_uri


@pytest.fixture(autouse=True)
def no_orchestrator(monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")


@pytest.fixture
def trainer(small, samples, reader_folder, alone):
    schedule = small.schedule.model_copy(update={"validate_every": 2})
    return Trainer(small.model_copy(update={"schedule": schedule}), samples, load_recognizer(reader_folder), alone)


def test_a_training_is_seen_while_it_runs_and_a_resumed_one_in_the_same_run(trainer, samples, tmp_path):
    from mlflow import MlflowClient

    settings = Settings(runs_dir=tmp_path / "runs", live_curves=True, mlflow_uri=None)
    seen = []
    with watched(tmp_path, "0123", settings) as watch:
        for _ in range(2):
            trainer.advance()
        trainer.check(samples[:2], tmp_path / "strip.png")
        watch(trainer.progress.history)
        client = MlflowClient(tracking_uri(settings))
        experiment = client.get_experiment_by_name(EXPERIMENT)
        seen = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in seen] == ["RUNNING"]
    assert seen[0].data.metrics["validation/psnr"] == trainer.progress.history["validation"][0]["psnr"]
    assert Image.open(io.BytesIO((tmp_path / "curves.png").read_bytes())).format == "PNG"
    with watched(tmp_path, "0123", settings) as watch:
        fit(trainer, samples[:2], tmp_path, "d", watch)
    runs = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED"]
    logged = client.get_metric_history(runs[0].info.run_id, "validation/psnr")
    assert [(one.step, one.value) for one in logged] == [
        (row["step"], row["psnr"]) for row in trainer.progress.history["validation"]
    ]


def test_a_server_that_is_gone_does_not_stop_a_training(trainer, samples, tmp_path, caplog):
    settings = Settings(runs_dir=tmp_path / "runs", mlflow_uri="http://127.0.0.1:9")
    with caplog.at_level(logging.WARNING), watched(tmp_path, "0123", settings) as watch:
        fit(trainer, samples[:2], tmp_path, "d", watch)
    assert trainer.finished
    assert caplog.text.count("no longer logged live") == 1


def test_the_last_curves_show_what_stopped_a_training(trainer, samples, tmp_path):
    shown = []
    check = trainer.check

    def collapsing(*arguments):
        check(*arguments)
        if trainer.progress.step == 4:
            raise TrainingFailed("white pages")

    trainer.check = collapsing
    with pytest.raises(TrainingFailed):
        fit(trainer, samples[:2], tmp_path, "d", lambda history: shown.append(history["validation"][-1]["step"]))
    assert shown == [2, 4]


def test_rows_are_named_by_phase_and_none_is_logged_twice():
    history = {
        "training": [{"step": 10, "pixel": 0.5}],
        "validation": [{"step": 10, "psnr": 20.0}, {"step": 20, "psnr": 21.0}],
    }
    assert rows_after(history, 0) == [
        (10, "training/pixel", 0.5),
        (10, "validation/psnr", 20.0),
        (20, "validation/psnr", 21.0),
    ]
    assert rows_after(history, 10) == [(20, "validation/psnr", 21.0)]


@pytest.mark.parametrize(
    ("values", "live"),
    [
        ({}, False),
        ({"mlflow_uri": "http://x"}, True),
        ({"mlflow_uri": "http://x", "live_curves": False}, False),
        ({"live_curves": True}, True),
    ],
)
def test_a_tracking_server_is_told_unless_the_user_says_otherwise(values, live):
    assert Settings(**{"mlflow_uri": None, **values}).logs_live is live
