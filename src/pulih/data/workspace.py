"""Where a stage works: one folder per config and parents, so that a repeated command resumes or reuses.

The orchestrator gives every task a new output folder. With ``PULIH_WORK_DIR`` set, a stage works in a folder
that depends only on what determines its result, and links the finished artifact into that output folder.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pulih.common.config import StageConfig, digest_of, read_json
from pulih.common.errors import ConfigError
from pulih.common.files import write_json
from pulih.common.lock import FolderBusy, only_process
from pulih.common.logging import get_logger
from pulih.common.version import source_digest
from pulih.data import manifest

log = get_logger(__name__)
OWNER = ".owner.json"
State = Literal["new", "unfinished", "finished", "foreign", "busy"]


def run_stage(
    kind: str, config: StageConfig, parents: dict[str, Path], output: Path, work: Callable[[Path], dict[str, Any]]
) -> manifest.Manifest:
    """Run ``work(folder)`` unless its artifact is already there, and seal the folder with the facts it returns.

    Args:
        kind: the artifact's kind, e.g. ``lines``; also names the folder below ``PULIH_WORK_DIR``.
        parents: the artifacts read, by name.
        output: the folder that holds the artifact in the end.

    Raises:
        ConfigError: ``output`` holds work of another config or of other parents.
        FolderBusy: another process works there.
    """
    owner = _owner(kind, config, parents)
    folder = _work_folder(kind, owner, output)
    with only_process(folder):
        _claim(folder, owner)
        if (folder / manifest.NAME).is_file():
            sealed = manifest.verify(folder, kind)
            _check_origin(folder, sealed, owner)
            log.info("%s: reused, nothing changed since it was made (digest %s)", kind, sealed.digest())
        else:
            sealed = manifest.write_manifest(folder, kind, config, parents, work(folder))
            log.info("%s: done, digest %s", kind, sealed.digest())
    if folder != output:
        publish(folder, output, sealed)
    return sealed


def state_of(kind: str, config: StageConfig, parents: dict[str, Path], output: Path) -> State:
    """Tell what ``run_stage`` would find in ``output``: nothing, its own work, another's, or a process at work."""
    path = output / OWNER
    if not path.is_file():
        return "new"
    if read_json(path) != _owner(kind, config, parents):
        return "foreign"
    try:
        with only_process(output):
            return "finished" if (output / manifest.NAME).is_file() else "unfinished"
    except FolderBusy:
        return "busy"


def _owner(kind: str, config: StageConfig, parents: dict[str, Path]) -> dict[str, Any]:
    digests = {name: manifest.read_manifest(path).digest() for name, path in parents.items()}
    return {"kind": kind, "config": config.digest(), "parents": digests}


def _work_folder(kind: str, owner: dict[str, Any], output: Path) -> Path:
    root = os.environ.get("PULIH_WORK_DIR")
    if not root:
        return output
    key = digest_of([owner, source_digest("common", "data", *CODE_OF[kind])])
    return Path(root).resolve() / f"{kind}-{key}"


CODE_OF: dict[str, tuple[str, ...]] = {
    "lines": ("synthesis",),
    "recognizer": ("recognizer",),
    "restorer": ("recognizer", "restorer"),
    "evaluation": ("recognizer", "restorer", "evaluation"),
    "peer": ("recognizer", "restorer", "evaluation"),
    "decision": ("registry",),
    "deployment": ("restorer", "deployment"),
    "drift": ("drift", "features"),
}


def _claim(folder: Path, owner: dict[str, Any]) -> None:
    path = folder / OWNER
    if not path.is_file():
        write_json(path, owner)
        return
    former = read_json(path)
    if former != owner:
        changed = ", ".join(name for name in owner if former.get(name) != owner[name])
        fix = "Give another --output, or empty the folder: no run inherits the state of another."
        raise ConfigError(f"work of the same config and inputs in {folder}", f"another {changed}", fix)


def _check_origin(folder: Path, sealed: manifest.Manifest, owner: dict[str, Any]) -> None:
    # An artifact that was copied here has no owner file, but its manifest says where it comes from.
    if (sealed.config_digest, sealed.parents) != (owner["config"], owner["parents"]):
        fix = "Give another --output: a finished artifact is never made over."
        raise ConfigError(f"an artifact of this config and inputs in {folder}", "one of another", fix)


def publish(folder: Path, output: Path, sealed: manifest.Manifest) -> None:
    """Link (or copy, across file systems) the files of a sealed artifact from ``folder`` into ``output``."""
    for name in [*sealed.files, manifest.NAME]:
        target = output / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(folder / name, target)
        except OSError:
            shutil.copy2(folder / name, target)
