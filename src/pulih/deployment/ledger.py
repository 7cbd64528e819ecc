"""The ledger of deployments: one object per entry in the bucket, never overwritten, each sealing the one before."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import ValidationError

from pulih.common.chain import Link, flaw, seal_of
from pulih.common.errors import ArtifactError
from pulih.deployment.release import Release
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url

Action = Literal["deploy", "rollback", "failed"]


class Entry(Link):
    """What happened to an endpoint: the release that was tried, and the object that the cluster was left with.

    ``manifest`` is the InferenceService in force afterwards, None when there is none.
    """

    action: Action
    release: Release
    reason: str
    commit: str
    manifest: dict[str, Any] | None


class Ledger:
    """The entries of one endpoint below ``folder``."""

    def __init__(self, store: ObjectStore, folder: S3Url) -> None:
        self._store, self.folder = store, folder

    def entries(self) -> list[Entry]:
        """Return every entry, the oldest first.

        Raises:
            ArtifactError: one is altered, missing, or two have the same number: two deployments at once.
            StoreError: the store fails.
        """
        found: list[Entry] = []
        for stored in self._store.list(self.folder):
            try:
                entry = Entry.model_validate_json(self._store.read(stored.url))
            except ValidationError as err:
                raise _altered(stored.url, "it does not parse") from err
            if why := flaw(entry, found):
                raise _altered(stored.url, why)
            found.append(entry)
        return found

    def add(self, action: Action, release: Release, manifest: dict[str, Any] | None, reason: str, commit: str) -> Entry:
        """Append an entry; its object's name has its hash, so that no other entry can ever take its place."""
        former = self.entries()
        entry = Entry(
            sequence=len(former) + 1,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            action=action,
            release=release,
            reason=reason,
            commit=commit,
            manifest=manifest,
            previous=seal_of(former),
        ).sealed()
        name = f"{entry.sequence:06d}-{entry.hash[:12]}.json"
        self._store.write((entry.model_dump_json(indent=2) + "\n").encode(), self.folder / name)
        return entry


def served(entries: list[Entry]) -> list[Entry]:
    """Return the entries whose releases were served one after the other; the last is in force.

    A rollback takes away what came after the release that it went back to: the next one goes further back.
    """
    standing: list[Entry] = []
    for entry in entries:
        if entry.action == "rollback":
            while standing and standing[-1].release != entry.release:
                standing.pop()
        elif entry.action == "deploy":
            standing.append(entry)
    return standing


def before(entries: list[Entry]) -> Entry | None:
    """Return the last entry that served another release than the one in force, None when there is none."""
    standing = served(entries)
    return next((entry for entry in reversed(standing) if entry.release != standing[-1].release), None)


def _altered(url: S3Url, why: str) -> ArtifactError:
    fix = "Nobody edits the ledger: restore the object from a version or copy, and find out who did."
    return ArtifactError("an untouched ledger of deployments", f"{url}: {why}", fix)
