"""What the nodes of a TrainJob are told, and where inputs and artifact lie: folders of the object store."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pulih.common.config import StageConfig, digest_of
from pulih.common.errors import ConfigError
from pulih.common.settings import Settings
from pulih.common.version import source_digest
from pulih.data import manifest
from pulih.stores.folders import download_folder, upload_folder
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url
from pulih.trainjob.trainings import Product

FOLDER, FILE = "trainjobs", "task.json"


class Task(BaseModel):
    """One training: its config, the addresses of its inputs and of the artifact to make, and the code that is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Product
    config: dict[str, Any]
    sources: dict[str, str]
    output: str
    code: str

    @property
    def name(self) -> str:
        """The name of the TrainJob: equal trainings have the same one, so that a repeated task finds it again."""
        return f"pulih-{self.kind}-{digest_of(self.model_dump(mode='json'))}"


def make_task(kind: Product, config: StageConfig, sources: dict[str, Path], settings: Settings) -> Task:
    """Return the task; every address ends with a digest of what it holds.

    Raises:
        ConfigError: no bucket is named.
    """
    if not (settings.s3_endpoint and settings.s3_bucket):
        fix = "Set storage in the chart's values: the pods of a TrainJob share nothing but the store."
        raise ConfigError("an object store (PULIH_S3_ENDPOINT, PULIH_S3_BUCKET)", "none", fix)
    root = S3Url(settings.s3_bucket, FOLDER)
    digests = {name: manifest.read_manifest(path).digest() for name, path in sources.items()}
    inputs = {name: str(root / f"inputs/{name}-{digest}") for name, digest in digests.items()}
    result = digest_of([kind, config.digest(), digests, source_digest()])
    output = str(root / f"{kind}-{result}/artifact")
    return Task(kind=kind, config=config.model_dump(mode="json"), sources=inputs, output=output, code=source_digest())


class Exchange:
    """The folders of one task."""

    def __init__(self, store: ObjectStore, task: Task) -> None:
        self._store, self._task = store, task
        self._output = S3Url.parse(task.output)
        self.task_url = S3Url(self._output.bucket, self._output.key.removesuffix("artifact") + FILE)

    def is_finished(self) -> bool:
        """Whether the artifact is there: its manifest comes last."""
        return self._store.find(self._output / manifest.NAME) is not None

    def hand_over(self, sources: dict[str, Path]) -> None:
        """Write the inputs, unless they are there, and the task."""
        for name, folder in sources.items():
            upload_folder(self._store, folder, S3Url.parse(self._task.sources[name]))
        self._store.write(self._task.model_dump_json(indent=2).encode(), self.task_url)

    def fetch(self, output: Path) -> manifest.Manifest:
        """Download the artifact to ``output`` and verify it; raises ArtifactError when it is not sound."""
        download_folder(self._store, self._output, output)
        return manifest.verify(output, self._task.kind)
