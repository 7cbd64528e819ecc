"""The feature store: page descriptors in a Feast repository, by page and moment."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pulih.common.errors import StoreError
from pulih.common.files import atomic_path
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.common.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

log = get_logger(__name__)
MOMENT = "event_timestamp"
CONFIG, REGISTRY = "feature_store.yaml", "data/registry.db"


@dataclass(frozen=True)
class Definition:
    """What a repository holds: Feast's ``objects``, the names used to ask for them, and the files that describe it.

    ``table`` is the path of the offline table within the repository; ``sources`` are copied into a new repository.
    """

    objects: Sequence[Any]
    entity: str
    view: str
    service: str
    table: str
    sources: Sequence[Path]


class FeatureRepository:
    """An open repository; use ``open_repository``."""

    def __init__(self, folder: Path, definition: Definition) -> None:
        self.folder, self.definition = folder, definition
        self._store: FeatureStore | None = None

    @property
    def table(self) -> Path:
        """The offline table."""
        return self.folder / self.definition.table

    def apply(self) -> None:
        """Write the definitions to the registry and make the online store, with or without rows.

        Raises:
            StoreError: the repository cannot be used.
        """
        with _explained(self.folder):
            self._applied()

    def add(self, rows: pd.DataFrame) -> None:
        """Add rows (entity, features, ``event_timestamp`` in UTC) to the offline table and the online store.

        Raises:
            StoreError: the table on disk cannot be read, or the repository cannot be used.
        """
        if rows.empty:
            return
        whole = pd.concat([self._rows(), rows], ignore_index=True) if self.table.is_file() else rows
        with atomic_path(self.table) as temporary:
            whole.to_parquet(temporary, index=False)
        with _explained(self.folder):
            self._applied().write_to_online_store(self.definition.view, rows)

    def latest(self, keys: Sequence[str]) -> pd.DataFrame:
        """Return the newest features of ``keys`` from the online store, one row per key that has any."""
        entity = self.definition.entity
        if not keys or not self.table.is_file():
            return pd.DataFrame(columns=[entity])
        with _explained(self.folder):
            store = self._applied()
            asked = [{entity: key} for key in keys]
            service = store.get_feature_service(self.definition.service)
            found = pd.DataFrame(store.get_online_features(features=service, entity_rows=asked).to_dict())
        features = found.columns.drop(entity)
        return found[found[features].notna().any(axis=1)].reset_index(drop=True)

    def at(self, keys: Sequence[str], moment: datetime) -> pd.DataFrame:
        """Return the features of ``keys`` as they were known at ``moment``: one row per key, in the order given.

        A key without features then has NaN; Feast's own join drops or keeps such rows depending on the reason.
        """
        entity = self.definition.entity
        asked = pd.DataFrame({entity: list(keys), MOMENT: pd.Timestamp(moment)})
        with _explained(self.folder):
            store = self._applied()
            service = store.get_feature_service(self.definition.service)
            found = store.get_historical_features(entity_df=asked, features=service).to_df()
        joined = asked[[entity]].merge(found.drop(columns=MOMENT), on=entity, how="left", validate="one_to_one")
        return joined.reset_index(drop=True)

    def _rows(self) -> pd.DataFrame:
        try:
            return pd.read_parquet(self.table)
        except (OSError, ValueError) as err:
            fix = "Move the file away: pages are measured again."
            raise StoreError(f"a Parquet table at {self.table}", str(err)[:200], fix) from err

    def _applied(self) -> "FeatureStore":
        """Return the store with the definitions applied, once per opening."""
        if self._store is None:
            try:
                self._store = self._open()
            except _undecodable() as err:
                # It holds nothing that the definitions do not say; a kill in the middle of its writing may break it.
                log.warning("the registry %s cannot be read (%s): it is made anew", self.folder / REGISTRY, err)
                (self.folder / REGISTRY).unlink(missing_ok=True)
                self._store = self._open()
        return self._store

    def _open(self) -> "FeatureStore":
        from feast import FeatureStore

        store = FeatureStore(repo_path=str(self.folder))
        store.apply(list(self.definition.objects))
        return store


@contextmanager
def open_repository(definition: Definition, settings: Settings) -> Iterator[FeatureRepository]:
    """Open the configured repository, or the embedded one below ``runs_dir``; one process at a time.

    A missing one is made from ``definition.sources``; files that are there are left as they are, so that a
    repository may name other stores.

    Raises:
        StoreError: the folder cannot be written to, or Feast cannot use it.
    """
    folder = settings.feast_repo or settings.runs_dir / "features"
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        for source in definition.sources:
            if not (folder / source.name).exists():
                shutil.copyfile(source, folder / source.name)
    except OSError as err:
        fix = "Set PULIH_FEAST_REPO to a folder that can be written to."
        raise StoreError(f"a feature repository at {folder}", str(err), fix) from err
    with only_process(folder, wait=True):
        yield FeatureRepository(folder.resolve(), definition)


def _undecodable() -> type[Exception]:
    from google.protobuf.message import DecodeError

    error: type[Exception] = DecodeError
    return error


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    import sqlite3

    import yaml  # type: ignore[import-untyped]
    from feast.errors import FeastError
    from feast.repo_config import FeastConfigError
    from pyarrow import ArrowException

    fix = f"Repair {folder / CONFIG}, or move the folder away: pages are measured again."
    try:
        yield
    except (FeastError, FeastConfigError, sqlite3.Error, ArrowException, yaml.YAMLError, OSError) as err:
        raise StoreError(f"a working feature repository at {folder}", str(err)[:300], fix) from err
