"""Runs and registered models in MLflow; the only module that imports it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulih.common.errors import StoreError
from pulih.common.settings import Settings, without_password

ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
# MLflow waits minutes for a server that is gone; a stage should say so within half a minute.
RETRIES = ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
MODEL = "model"
BATCH = 900


@dataclass(frozen=True)
class Registered:
    """One version of a registered model."""

    model: str
    version: str
    run_id: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Dataset:
    """Data that a run used: ``context`` is training or evaluation, ``digest`` that of the lines artifact."""

    name: str
    digest: str
    context: str
    made_by: dict[str, str]


def local_folder(settings: Settings) -> Path:
    """Return where the registry lives when no server is configured."""
    return settings.runs_dir.resolve() / "registry"


def tracking_uri(settings: Settings) -> str:
    """Return ``PULIH_MLFLOW_URI``, else ``MLFLOW_TRACKING_URI`` (an orchestrator sets it), else local SQLite."""
    given = settings.mlflow_uri or os.environ.get("MLFLOW_TRACKING_URI")
    return given or f"sqlite:///{local_folder(settings)}/mlflow.db"


class Tracking:
    """An open tracking server and model registry; every failure is a StoreError with the next step."""

    def __init__(self, settings: Settings) -> None:
        os.environ.update({**ENVIRONMENT, **settings.environment_for_s3_tools()})
        os.environ.setdefault(*RETRIES)
        self._settings, self.uri = settings, tracking_uri(settings)
        self.address = without_password(self.uri)
        if self.uri.startswith("sqlite:"):
            local_folder(settings).mkdir(parents=True, exist_ok=True)
        with self._explained():
            from mlflow import MlflowClient

            self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (MlflowException, SQLAlchemyError, Boto3Error, BotoCoreError, ClientError, OSError) as err:
            reason = without_password(" ".join(str(err).split()))[:500]
            fix = (
                "Check PULIH_MLFLOW_URI, PULIH_MLFLOW_ARTIFACTS and the PULIH_S3 variables (`pulih doctor` tests them)."
            )
            raise StoreError(f"an answer of MLflow at {self.address}", reason, fix) from err

    def _experiment(self, name: str) -> str:
        if injected := os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return injected
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or name
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        root = self._settings.mlflow_artifacts
        if root is None and self.uri.startswith("sqlite:"):
            root = (local_folder(self._settings) / "artifacts" / name).as_uri()
        return str(self._client.create_experiment(name, artifact_location=root))

    @contextmanager
    def run(self, experiment: str, name: str, tags: Mapping[str, str]) -> Iterator["Run"]:
        """Open a run and close it as finished, or as failed when an error passes through."""
        run = Run(self._client, self.begin(experiment, name, tags))
        status = "FAILED"
        try:
            with self._explained():
                yield run
            status = "FINISHED"
        finally:
            self.end(run.run_id, status)

    def begin(self, experiment: str, name: str, tags: Mapping[str, str]) -> str:
        """Open a run, which stays open until ``end``, and return its id.

        A run that the orchestrator opened (``MLFLOW_RUN_ID``) is continued and left open for its owner.
        """
        injected = os.environ.get("MLFLOW_RUN_ID")
        with self._explained():
            if not injected:
                run = self._client.create_run(self._experiment(experiment), run_name=name, tags=dict(tags))
                return str(run.info.run_id)
            for key, value in tags.items():
                self._client.set_tag(injected, key, value)
        return injected

    def add(self, run_id: str, rows: list[tuple[int, str, float]]) -> None:
        """Log metrics as (step, name, value) to an open run."""
        with self._explained():
            Run(self._client, run_id).log_history(rows)

    def end(self, run_id: str, status: str) -> None:
        """Close a run as FINISHED or FAILED."""
        if run_id != os.environ.get("MLFLOW_RUN_ID"):
            with self._explained():
                self._client.set_terminated(run_id, status)

    def versions(self, model: str) -> list[Registered]:
        """Return every version of a registered model, the oldest first; none when there is no such model."""
        with self._explained():
            found = self._client.search_model_versions(f"name = '{model}'", max_results=10_000)
        return sorted((_registered(version) for version in found), key=lambda one: int(one.version))

    def holder(self, model: str, alias: str) -> Registered | None:
        """Return the version that holds ``alias``, None when there is none."""
        with self._explained():
            found = [m for m in self._client.search_registered_models(f"name = '{model}'") if m.name == model]
            if not found or alias not in found[0].aliases:
                return None
            return _registered(self._client.get_model_version(model, found[0].aliases[alias]))

    def register(self, model: str, run_id: str, tags: Mapping[str, str], description: str) -> Registered:
        """Register the model folder of a run as the next version of ``model``."""
        with self._explained():
            if not self._client.search_registered_models(f"name = '{model}'"):
                self._client.create_registered_model(model)
            made = self._client.create_model_version(
                model, source=f"runs:/{run_id}/{MODEL}", run_id=run_id, tags=dict(tags), description=description
            )
        return _registered(made)

    def give_alias(self, held: Registered, alias: str) -> None:
        """Move ``alias`` to a version."""
        with self._explained():
            self._client.set_registered_model_alias(held.model, alias, held.version)

    def notes(self, model: str) -> dict[str, str]:
        """Return the notes (tags) of a registered model; none when there is no such model."""
        with self._explained():
            found = self._client.search_registered_models(f"name = '{model}'")
        return dict(found[0].tags) if found else {}

    def add_note(self, model: str, key: str, value: str) -> None:
        """Add a note to a registered model."""
        with self._explained():
            self._client.set_registered_model_tag(model, key, value)

    def download(self, held: Registered, path: str, folder: Path) -> Path:
        """Download the file or folder ``path`` of a version's run into ``folder`` and return where it is."""
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            return Path(self._client.download_artifacts(held.run_id, path, str(folder)))


class Run:
    """An open run; used inside ``Tracking.run``, which explains its failures."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client, self.run_id = client, run_id

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters; values become text."""
        from mlflow.entities import Param

        rows = [Param(name, str(value)) for name, value in params.items()]
        for start in range(0, len(rows), 100):
            self._client.log_batch(self.run_id, params=rows[start : start + 100])

    def log_history(self, rows: list[tuple[int, str, float]]) -> None:
        """Log metrics as (step, name, value)."""
        from mlflow.entities import Metric
        from mlflow.utils.time import get_current_time_millis

        now = get_current_time_millis()
        metrics = [Metric(name, value, now, step) for step, name, value in rows]
        for start in range(0, len(metrics), BATCH):
            self._client.log_batch(self.run_id, metrics=metrics[start : start + BATCH])

    def log_datasets(self, datasets: list[Dataset]) -> None:
        """Log what data the run used, by digest."""
        from mlflow.entities import Dataset as Entity
        from mlflow.entities import DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Entity(data.name, data.digest, source_type="code", source=json.dumps({"tags": data.made_by})),
                tags=[InputTag("mlflow.data.context", data.context)],
            )
            for data in datasets
        ]
        self._client.log_inputs(self.run_id, datasets=inputs)

    def log_folder(self, folder: Path, path: str) -> None:
        """Upload the files of ``folder`` as the run's ``path``."""
        self._client.log_artifacts(self.run_id, str(folder), path)


def describe_onnx_model(folder: Path, onnx_file: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Write the ``MLmodel`` file that lets MLflow load the ONNX model in ``folder``, with its signature.

    Args:
        shapes: of the one float32 input and then the one float32 output by name; -1 is any size.
    """
    import numpy as np
    import onnx
    import onnxruntime
    from mlflow import pyfunc
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    schemas = [Schema([TensorSpec(np.dtype("float32"), shape, name)]) for name, shape in shapes.items()]
    model = Model(signature=ModelSignature(inputs=schemas[0], outputs=schemas[1]))
    pyfunc.add_to_model(model, loader_module="mlflow.onnx", data=onnx_file)
    model.add_flavor(
        "onnx", onnx_version=onnx.__version__, data=onnx_file, providers=["CPUExecutionProvider"]
    )  # fmt: skip
    model.save(str(folder / "MLmodel"))
    requirements = f"numpy=={np.__version__}\nonnx=={onnx.__version__}\nonnxruntime=={onnxruntime.__version__}\n"
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")


def _registered(version: Any) -> Registered:
    return Registered(str(version.name), str(version.version), str(version.run_id), dict(version.tags))
