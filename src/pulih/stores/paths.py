"""Paths that may be local or ``s3://``: what a stage reads becomes local, what it publishes goes where asked."""

import shutil
import tempfile
from pathlib import Path

from pulih.common.config import digest_of
from pulih.common.errors import InputError, UserError
from pulih.common.files import atomic_path, room_for
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.stores.folders import content_digest, download_folder, files_to_publish, upload_folder
from pulih.stores.s3 import ObjectStore, StoredObject
from pulih.stores.urls import S3Url, is_s3

log = get_logger(__name__)


def local_input(path_or_url: str | Path, cache_folder: Path | None = None, settings: Settings | None = None) -> Path:
    """Return a local path for ``path_or_url``: itself, or for ``s3://`` a verified copy of that object or prefix.

    Args:
        cache_folder: where copies are kept, each in a folder named after its content; by default below ``runs_dir``.

    Raises:
        InputError: there is no such local file or folder.
        StoreError: the store has nothing there, or fails.
    """
    if not is_s3(path_or_url):
        path = Path(path_or_url).expanduser()
        if not path.exists():
            raise InputError(f"a file or folder at {path}", "nothing there", "Correct the path.")
        return path
    settings = settings or Settings()
    url, store = S3Url.parse(str(path_or_url)), ObjectStore.from_settings(settings)
    cache = cache_folder or settings.runs_dir / "cache" / "s3"
    single = store.find(url)
    return _cached_file(store, single, cache) if single else _cached_folder(store, url, cache)


def _cached_file(store: ObjectStore, stored: StoredObject, cache: Path) -> Path:
    target = cache / _key(store, [stored]) / Path(stored.url.name).name
    if not (target.is_file() and target.stat().st_size == stored.size):
        store.download(stored.url, target, stored.etag)
    return target


def _cached_folder(store: ObjectStore, url: S3Url, cache: Path) -> Path:
    objects = store.list(url)
    place = cache / _key(store, objects)
    with only_process(place, wait=True):
        return _refreshed(store, url, place / url.name, objects)


def _refreshed(store: ObjectStore, url: S3Url, target: Path, objects: list[StoredObject]) -> Path:
    if target.is_dir():
        held = sorted(path.stat().st_size for path in target.rglob("*") if path.is_file())
        if held == sorted(stored.size for stored in objects):
            log.info("%s: unchanged, taken from %s", url, target)
            return target
        log.warning("%s was altered: downloaded again", target)
        shutil.rmtree(target)
    download_folder(store, url, target, objects)
    return target


def _key(store: ObjectStore, objects: list[StoredObject]) -> str:
    return digest_of([store.address, content_digest(objects)])


def local_output(destination: str | Path, settings: Settings | None = None) -> Path:
    """Return the local folder in which what goes to ``destination`` is made: itself, or for ``s3://`` a working folder.

    The same address gives the same working folder, so that an interrupted command continues there.

    Raises:
        StoreError: an address that is none.
    """
    if not is_s3(destination):
        return Path(destination)
    settings = settings or Settings()
    url = S3Url.parse(str(destination))
    return (
        settings.runs_dir / "outgoing" / digest_of([ObjectStore.from_settings(settings).address, str(url)]) / url.name
    )


def publish(source: Path, destination: str | Path, settings: Settings | None = None) -> str:
    """Copy a folder or file to a local path or ``s3://`` prefix and return where it is.

    Nothing half-written is ever seen there: files appear whole, and an artifact's manifest comes last. A file
    published to an address that ends with ``/`` keeps its name.

    Raises:
        InputError: ``source`` does not exist.
        StoreError: the store fails.
        UserError: ``destination`` lies within ``source``, or is something that is not replaced.
    """
    if not source.exists():
        raise InputError(f"a file or folder at {source}", "nothing there", "Correct the path.")
    if not is_s3(destination):
        return str(_publish_locally(source, str(destination)))
    url, store = S3Url.parse(str(destination)), ObjectStore.from_settings(settings or Settings())
    if source.is_dir():
        upload_folder(store, source, url)
        return str(url)
    if not url.key or url.key.endswith("/"):
        url = url / source.name
    store.upload(source, url)
    return str(url)


def _publish_locally(source: Path, destination: str) -> Path:
    target = Path(destination).expanduser()
    if source.is_file():
        target = target / source.name if destination.endswith("/") or target.is_dir() else target
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
        return target
    here, there = source.resolve(), target.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise UserError(f"a destination outside of {source}", str(target), "Choose another folder.")
    _replace_folder(source, target)
    return target


def _replace_folder(source: Path, target: Path) -> None:
    names = files_to_publish(source)
    if not names:
        raise UserError(f"files in {source}", "none", "Correct the path.")
    if target.exists() and not (target / "manifest.json").is_file() and (target.is_file() or any(target.iterdir())):
        fix = "Choose a new folder: only an earlier artifact is replaced."
        raise UserError(f"a new folder or an artifact at {target}", "other files", fix)
    target.parent.mkdir(parents=True, exist_ok=True)
    with room_for(target):
        _swap_in(source, names, target)


def _swap_in(source: Path, names: list[str], target: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for name in names:
            (fresh / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, fresh / "new" / name)
        if target.exists():
            target.rename(fresh / "old")
        (fresh / "new").rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
