"""Folders to and from the object store: whole or not at all, several objects at a time."""

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pulih.common.config import digest_of
from pulih.common.errors import StoreError, UserError
from pulih.common.logging import get_logger
from pulih.stores.s3 import ObjectStore, StoredObject
from pulih.stores.urls import S3Url

log = get_logger(__name__)
Item = TypeVar("Item")
MANIFEST = "manifest.json"
PARALLEL = 4
DISK_RESERVE = 64 * 2**20


def content_digest(objects: Iterable[StoredObject]) -> str:
    """Return 12 hexadecimal digits that change with the address, size or content tag of any object."""
    return digest_of([[str(stored.url), stored.size, stored.etag] for stored in objects])


def download_folder(
    store: ObjectStore, url: S3Url, target: Path, objects: Sequence[StoredObject] | None = None
) -> None:
    """Write every object below ``url`` into the new folder ``target``, which appears only once it is whole.

    For one process at a time. A repeated call continues: files that are already there are kept as long as the store's
    content is the same.

    Args:
        objects: what ``store.list(url)`` gave, when the caller has it.

    Raises:
        StoreError: there is no object, a key cannot be a path below ``target``, or the store fails.
        UserError: ``target`` is not empty, or the disk has too little room.
    """
    objects = store.list(url) if objects is None else objects
    if not objects:
        raise StoreError(f"objects below {url}", "none", "Correct the address, or publish something there first.")
    if target.exists() and any(target.iterdir()):
        raise UserError(f"an empty or new folder at {target}", "a folder with files", "Choose another folder.")
    partial = target.with_name(f".{target.name}.{content_digest(objects)}.part")
    places = {stored: partial / _relative(stored, url) for stored in objects}
    if clash := {parent for place in places.values() for parent in place.parents} & set(places.values()):
        name = clash.pop().relative_to(partial)
        raise StoreError(f"files or folders below {url}", f"'{name}' is both", "Rename that object.")
    missing = [s for s, place in places.items() if not (place.is_file() and place.stat().st_size == s.size)]
    _check_room(sum(stored.size for stored in missing), target)
    log.info("%s: %d of %d files to download to %s", url, len(missing), len(objects), target)
    _for_all(missing, lambda stored: store.download(stored.url, places[stored], stored.etag))
    partial.replace(target)


def _relative(stored: StoredObject, url: S3Url) -> Path:
    name = PurePosixPath(stored.url.key.removeprefix(url.prefix))
    if name.is_absolute() or ".." in name.parts or "\0" in str(name) or not name.parts:
        raise StoreError(f"keys below {url} that are file names", repr(stored.url.key), "Rename or remove that object.")
    return Path(name)


def _check_room(needed: int, target: Path) -> None:
    existing = next(parent for parent in target.absolute().parents if parent.exists())
    free = shutil.disk_usage(existing).free
    if needed + DISK_RESERVE > free:
        fix = "Free some space, or set PULIH_RUNS_DIR to a larger disk."
        raise UserError(f"{needed / 1e6:.0f} MB of room at {existing}", f"{free / 1e6:.0f} MB free", fix)


def upload_folder(store: ObjectStore, folder: Path, url: S3Url) -> None:
    """Write the files of ``folder`` below ``url``; of an artifact, its manifest last.

    An artifact that is there already is left alone. Another one is replaced: its manifest goes first, so that no
    reader takes a mixture for an artifact, and what only it held is removed at the end.

    Raises:
        StoreError: the store fails; what it has then is not an artifact, and a repeated call completes it.
        UserError: the folder has no file, or lacks one that its manifest lists.
    """
    names = files_to_publish(folder)
    if not names:
        raise UserError(f"files in {folder}", "none", "Correct the path.")
    places = {name: S3Url(url.bucket, url.prefix + name) for name in names}
    former = _former_files(store, url) if MANIFEST in places else None
    if former is not None:
        if _is_there(store, folder, places):
            log.info("%s: already published, nothing to do", url)
            return
        store.delete(places[MANIFEST])
    _for_all([n for n in names if n != MANIFEST], lambda name: store.upload(folder / name, places[name]))
    if MANIFEST in places:
        store.upload(folder / MANIFEST, places[MANIFEST])
    for name in sorted((former or set()) - set(names)):
        store.delete(S3Url(url.bucket, url.prefix + name))
    log.info("%s: %d files published", url, len(names))


def files_to_publish(folder: Path) -> list[str]:
    """Return the relative names of an artifact's files, or of a plain folder's files that are not hidden."""
    if (folder / MANIFEST).is_file():
        listed = sorted(_listed_files((folder / MANIFEST).read_bytes(), folder / MANIFEST))
        if lost := [name for name in listed if not (folder / name).is_file()]:
            raise UserError(f"the file {folder / lost[0]}", "nothing there", "Make the artifact again.")
        return [*listed, MANIFEST]
    files = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.as_posix() for path in files if not any(part.startswith(".") for part in path.parts)]


def _former_files(store: ObjectStore, url: S3Url) -> set[str] | None:
    place = S3Url(url.bucket, url.prefix + MANIFEST)
    if store.find(place) is None:
        return None
    return set(_listed_files(store.read(place), place))


def _listed_files(content: bytes, place: object) -> list[str]:
    try:
        return list(json.loads(content)["files"])
    except (ValueError, KeyError, TypeError) as err:
        raise UserError(f"a manifest of Pulih at {place}", "another JSON file", "Choose another folder.") from err


def _is_there(store: ObjectStore, folder: Path, places: dict[str, S3Url]) -> bool:
    if store.read(places[MANIFEST]) != (folder / MANIFEST).read_bytes():
        return False
    below = S3Url(places[MANIFEST].bucket, places[MANIFEST].key.removesuffix(MANIFEST))
    sizes = {stored.url: stored.size for stored in store.list(below)}
    return all(sizes.get(place) == (folder / name).stat().st_size for name, place in places.items())


def _for_all(items: Iterable[Item], action: Callable[[Item], None]) -> None:
    pool = ThreadPoolExecutor(PARALLEL)
    try:
        for future in [pool.submit(action, item) for item in items]:
            future.result()
    finally:
        pool.shutdown(cancel_futures=True)
