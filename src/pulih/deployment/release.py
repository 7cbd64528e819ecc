"""What is deployed: a registered version, fixed to the digests of its artifacts, and its copy in the bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError, GateRefused
from pulih.data import manifest
from pulih.registry import decision as decisions
from pulih.registry.contents import RESTORER_TAG
from pulih.registry.promote import ALIAS, champion_of
from pulih.stores.folders import upload_folder
from pulih.stores.s3 import ObjectStore
from pulih.stores.tracking import MODEL, Registered, Tracking
from pulih.stores.urls import S3Url


class Release(BaseModel):
    """One version of a registered model: digests of the restorer and of the decision, and the folder it is served from.

    The folder's name ends with the digest, so that it never holds another model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    version: str
    digest: str
    decision: str
    uri: str

    @property
    def canary(self) -> str:
        """The name of this version's own pods while it is a canary."""
        return f"v{self.version}-{self.digest[:6]}"


@dataclass(frozen=True)
class Candidate:
    """A release and the verified local copy of its restorer."""

    release: Release
    restorer: Path

    def upload(self, store: ObjectStore) -> None:
        """Write the restorer to the release's folder unless it is there.

        Raises:
            ArtifactError: the folder holds something else than its name says.
            StoreError: the store fails; the endpoint knows nothing of the folder yet.
        """
        if stored_digest(store, self.release) not in (None, self.release.digest):
            raise _foreign(self.release)
        upload_folder(store, self.restorer, S3Url.parse(self.release.uri))
        check_stored(store, self.release)


@contextmanager
def resolved(tracking: Tracking, model: str, alias: str, models: S3Url) -> Iterator[Candidate]:
    """Turn an alias into a release and keep a local copy of its restorer while the block runs.

    Args:
        models: the folder that releases are served from.

    Raises:
        ArtifactError: no version holds the alias, or its artifacts are not those that were registered.
        GateRefused: its decision is a refusal.
        StoreError: the registry does not answer.
    """
    held = champion_of(tracking, model) if alias == ALIAS else tracking.holder(model, alias)
    if held is None:
        fix = "Name another --model or --alias; an approved run gives its model the alias 'champion'."
        raise ArtifactError(f"a version of {model} with the alias '{alias}' in {tracking.address}", "none", fix)
    with TemporaryDirectory(prefix="pulih-release-") as folder:
        restorer = tracking.download(held, MODEL, Path(folder))
        digest = _matching(held, "the restorer", RESTORER_TAG, manifest.verify(restorer, "restorer").digest())
        decision = _approval(held, tracking.download(held, "decision", Path(folder)), digest)
        uri = str(models / f"{model}/{held.version}-{digest}")
        release = Release(model=model, version=held.version, digest=digest, decision=decision, uri=uri)
        yield Candidate(release, restorer)


def _matching(held: Registered, what: str, tag: str, digest: str) -> str:
    if held.tags.get(tag) != digest:
        fix = "Somebody exchanged the artifact: register the restorer again, and find out who."
        expected = f"{what} {held.tags.get(tag)} that version {held.version} of {held.model} was registered with"
        raise ArtifactError(expected, f"one of digest {digest}", fix)
    return digest


def _approval(held: Registered, folder: Path, restorer: str) -> str:
    digest = _matching(held, "the decision", "pulih.decision", manifest.verify(folder, "decision").digest())
    content = decisions.Decision.model_validate(read_json(folder / decisions.FILE))
    if not content.approved:
        raise GateRefused(f"the gate refused version {held.version} of {held.model}: {content.summary}")
    if content.restorer != restorer:
        fix = "Register the restorer again with its own decision."
        raise ArtifactError(f"a decision about restorer {restorer}", f"one about {content.restorer}", fix)
    return digest


def stored_digest(store: ObjectStore, release: Release) -> str | None:
    """Return the digest of what the release's folder holds, None when it holds nothing."""
    place = S3Url.parse(release.uri) / manifest.NAME
    if store.find(place) is None:
        return None
    return manifest.Manifest.model_validate_json(store.read(place)).digest()


def check_stored(store: ObjectStore, release: Release) -> None:
    """Raise ArtifactError unless the release's folder holds every file of its restorer."""
    if stored_digest(store, release) != release.digest:
        raise _foreign(release)
    url = S3Url.parse(release.uri)
    listed = manifest.Manifest.model_validate_json(store.read(url / manifest.NAME)).files
    present = {stored.url.key.removeprefix(url.prefix) for stored in store.list(url)}
    if lost := sorted(set(listed) - present):
        raise ArtifactError(f"{lost[0]} in {release.uri}", "nothing there", "Deploy the version again.")


def _foreign(release: Release) -> ArtifactError:
    fix = "Somebody wrote past `pulih deploy`: remove the folder, then deploy again."
    return ArtifactError(f"restorer {release.digest} or nothing at {release.uri}", "another content", fix)
