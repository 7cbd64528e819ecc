"""A training's checkpoint, kept in the object store as well: a pod that replaces a lost one goes on from there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulih.common.config import digest_of
from pulih.common.errors import StoreError
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url

log = get_logger(__name__)
POLL_SECONDS = 5.0


@contextmanager
def kept_in_store(file: Path, kind: str, origins: list[str]) -> Iterator[None]:
    """Fetch the checkpoint ``file`` unless it is here, copy it to the store while the block runs, remove it at the end.

    Without PULIH_CHECKPOINTS nothing of this happens. A store that fails meanwhile costs a warning, not the training.

    Args:
        kind: of the artifact in training; part of the object's name.
        origins: digests of all that determines the result; equal ones share a checkpoint.

    Raises:
        StoreError: the store cannot be asked for a checkpoint, so that beginning anew could waste one.
    """
    settings = Settings()
    if not settings.checkpoints:
        yield
        return
    store, url = ObjectStore.from_settings(settings), _place(settings.checkpoints, kind, origins)
    _fetch(store, url, file)
    mirror = Mirror(store, url, file)
    mirror.start()
    try:
        yield
    except BaseException:
        mirror.stop()
        mirror.copy()
        raise
    mirror.stop()
    _remove(store, url)


def fetch_from_store(file: Path, kind: str, origins: list[str]) -> None:
    """Fetch the checkpoint that ``kept_in_store`` of another node keeps, if there is one.

    Raises:
        StoreError: the store cannot be asked.
    """
    settings = Settings()
    if settings.checkpoints:
        _fetch(ObjectStore.from_settings(settings), _place(settings.checkpoints, kind, origins), file)


def _place(root: str, kind: str, origins: list[str]) -> S3Url:
    return S3Url.parse(root) / f"{kind}-{digest_of(origins)}.pt"


def _fetch(store: ObjectStore, url: S3Url, file: Path) -> None:
    stored = None if file.is_file() else store.find(url)
    if stored:
        store.download(url, file, stored.etag)
        log.info("continuing from the checkpoint at %s (%d bytes)", url, stored.size)


def _remove(store: ObjectStore, url: S3Url) -> None:
    try:
        store.delete(url)
    except StoreError as err:
        log.warning("the checkpoint of a finished training stays at %s: %s", url, err)


class Mirror(threading.Thread):
    """Copies ``file`` to ``url`` whenever it was replaced, until ``stop``."""

    def __init__(self, store: ObjectStore, url: S3Url, file: Path) -> None:
        super().__init__(daemon=True, name="checkpoints")
        self._store, self._url, self._file = store, url, file
        self._done = threading.Event()
        # A fetched checkpoint is in the store already.
        self._copied = _stamp(file)

    def run(self) -> None:
        """Look every few seconds."""
        while not self._done.wait(POLL_SECONDS):
            self.copy()

    def copy(self) -> None:
        """Copy the file if it was replaced since the last copy; a failure is logged, and tried again next time."""
        stamp = _stamp(self._file)
        if stamp in (None, self._copied):
            return
        try:
            self._store.upload(self._file, self._url)
        except StoreError as err:
            log.warning("no copy of the checkpoint in the store for now: %s", err)
        else:
            self._copied = stamp

    def stop(self) -> None:
        """Stop looking, after a copy that is under way."""
        self._done.set()
        self.join()


def _stamp(file: Path) -> tuple[int, int] | None:
    """Return what changes when a file is replaced; None when there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
