"""The manifest that makes a folder an artifact: what it is, what made it, and the SHA-256 of every file."""

import hashlib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pulih import __version__
from pulih.common.config import StageConfig, digest_of
from pulih.common.errors import ArtifactError
from pulih.common.files import write_text

NAME = "manifest.json"
SCHEMA_VERSION = 1


class Manifest(BaseModel):
    """What ``manifest.json`` holds; ``facts`` are the figures a reader wants without opening the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    schema_version: int = SCHEMA_VERSION
    version: str = __version__
    seed: int
    config: dict[str, Any]
    config_digest: str
    parents: dict[str, str] = {}
    facts: dict[str, Any] = {}
    files: dict[str, str] = {}

    def digest(self) -> str:
        """Return 12 hexadecimal digits that identify the artifact's content."""
        return digest_of(self.model_dump(mode="json"))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(
    folder: Path, kind: str, config: StageConfig, parents: dict[str, Path], facts: dict[str, Any]
) -> Manifest:
    """Seal ``folder`` as an artifact of ``kind``; the last write of every stage.

    Args:
        parents: the artifacts it was made from, by name; their digests are recorded.
    Hidden files, and the folder ``state`` with what a resume needs, are not part of the artifact.
    """
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME and not _is_private(path.relative_to(folder))
    }
    manifest = Manifest(
        kind=kind,
        seed=getattr(config, "seed", 0),
        config=config.model_dump(mode="json"),
        config_digest=config.digest(),
        parents={name: read_manifest(path).digest() for name, path in parents.items()},
        facts=facts,
        files=files,
    )
    write_text(folder / NAME, manifest.model_dump_json(indent=2) + "\n")
    return manifest


def _is_private(path: Path) -> bool:
    return path.parts[0] == "state" or any(part.startswith(".") for part in path.parts)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of ``folder`` without looking at its files; raises ArtifactError."""
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as err:
        fix = "Run the stage that makes it, or correct the path."
        raise ArtifactError(f"an artifact at {folder}", f"no {NAME}", fix) from err
    except ValidationError as err:
        fix = "Make the artifact again with this version."
        raise ArtifactError(f"a manifest of schema {SCHEMA_VERSION} in {path}", str(err), fix) from err


def verify(folder: Path, kind: str) -> Manifest:
    """Check that ``folder`` is an untouched artifact of ``kind`` and return its manifest.

    Raises:
        ArtifactError: no manifest, another kind, or a file that is missing or altered (it is named).
    """
    manifest = read_manifest(folder)
    if manifest.kind != kind:
        raise ArtifactError(f"a '{kind}' artifact at {folder}", f"a '{manifest.kind}' artifact", "Correct the path.")
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(f"the file {path}", "nothing there", "Make the artifact again.")
        if file_sha256(path) != expected:
            fix = "Restore the file, or make the artifact again."
            raise ArtifactError(f"{path} as its stage wrote it", "altered content", fix)
    return manifest
