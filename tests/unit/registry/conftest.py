"""Small artifacts for the registry, and an MLflow store that is not migrated anew for every test."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pulih.common.config import StageConfig, build_config, read_json
from pulih.common.files import write_json, write_text
from pulih.common.settings import Settings
from pulih.data.manifest import write_manifest
from pulih.evaluation.config import EvaluationConfig
from pulih.registry.config import GateConfig

POLICIES = Path(__file__).resolve().parents[3] / "configs" / "gates"
MLFLOW_VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory):
    """The database of an empty MLflow store: making one takes seconds, copying it does not."""
    from pulih.stores.tracking import Tracking, local_folder

    settings = Settings(runs_dir=tmp_path_factory.mktemp("migrated"), mlflow_uri=None)
    Tracking(settings).versions("none")
    return local_folder(settings) / "mlflow.db"


@pytest.fixture
def store(migrated_store, tmp_path, monkeypatch):
    """An empty local registry that the stages find; gives it opened."""
    from pulih.stores.tracking import Tracking, local_folder

    for name in (*MLFLOW_VARIABLES, "PULIH_MLFLOW_URI", "PULIH_MLFLOW_ARTIFACTS", "PULIH_WORK_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    folder = local_folder(Settings())
    folder.mkdir(parents=True)
    shutil.copyfile(migrated_store, folder / "mlflow.db")
    return Tracking(Settings())


class SeededConfig(StageConfig):
    """Stands for any stage's config."""

    seed: int = 0


class Shelf:
    """Makes artifacts of the registry's inputs below one folder."""

    def __init__(self, folder, network):
        self.folder, self.network = folder, network
        self.lines = self._seal("lines", "lines", {}, seed=1)
        self.reader = self._seal("reader", "recognizer", {"lines": self.lines}, seed=2)
        self.judge = self._seal("judge", "recognizer", {"lines": self.lines}, seed=3)

    def _seal(self, name, kind, parents, seed, facts=None):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        write_manifest(path, kind, SeededConfig(seed=seed), parents, facts or {})
        return path

    def restorer(self, name, seed=0):
        """A restorer with the blur network, weights drawn from ``seed`` and a history of two steps."""
        from safetensors.numpy import save_file

        path = self.folder / name
        path.mkdir()
        shutil.copyfile(self.network / "model.onnx", path / "model.onnx")
        weights = np.random.default_rng(seed).normal(size=(4, 4)).astype(np.float32)
        save_file({"weight": weights}, path / "model.safetensors")
        write_json(
            path / "metrics.json", {"history": {"training": [{"step": 1, "pixel": 0.5}, {"step": 2, "pixel": 0.25}]}}
        )
        write_text(path / "MODEL_CARD.md", "# A blur\n")
        return self._seal(name, "restorer", {"lines": self.lines, "recognizer": self.reader}, seed)

    def evaluation(self, name, restorer, lines=None, **figures):
        """An evaluation at the edge of the production policy, or with the given figures of the restored lines."""
        restored = {"psnr": 30.0, "ssim": 0.95, "cer": 0.2, **figures}
        spread = {"psnr": 1.0, "ssim": 0.01, "cer": 0.02}
        group = {
            "degraded": {"cer": {"mean": 0.4, "low": 0.3, "high": 0.5}},
            "restored": {n: {"mean": v, "low": v - spread[n], "high": v + spread[n]} for n, v in restored.items()},
            "selection": {"lines_worse": {"mean": 0.01, "low": 0.0, "high": 0.02}},
        }
        path = self.folder / name
        path.mkdir()
        write_json(path / "metrics.json", {"schema": 1, "test_seen": {"all": group}, "test_unseen": {"all": group}})
        write_text(path / "report.html", "<p>figures</p>\n")
        parents = {"lines": lines or self.lines, "restorer": restorer, "recognizer": self.judge}
        write_manifest(path, "evaluation", EvaluationConfig(), parents, {"test_unseen_psnr": restored["psnr"]})
        return path


@pytest.fixture
def shelf(tmp_path, blur_restorer):
    """A maker of artifacts."""
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf", blur_restorer)


@pytest.fixture
def production():
    """The production policy as shipped."""
    return build_config(GateConfig, read_json(POLICIES / "production.json"))
