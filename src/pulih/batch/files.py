"""Files of a batch folder that nobody wants: what a killed worker left behind, and outputs that others replace."""

import glob
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from pulih.common.files import atomic_path


def sweep(output: Path, stem: str) -> None:
    """Remove the hidden, half-written files of one page; for when no process works on it."""
    place = output / stem
    for path in place.parent.glob(f".*{glob.escape(place.name)}*"):
        path.unlink(missing_ok=True)


def remove_stale(output: Path, former: Iterable[str], current: Iterable[str]) -> None:
    """Remove outputs of an earlier result of a page that its present result does not have."""
    for name in set(former) - set(current):
        (output / name).unlink(missing_ok=True)


def copy_original(path: Path, output: Path, stem: str, name: str) -> tuple[str, ...]:
    """Copy a page that failed to where its answer would be, unless it cannot be read; returns what was written."""
    target = f"{stem}{PurePosixPath(name).suffix}"
    if not path.is_file():
        return ()
    with atomic_path(output / target) as temporary:
        shutil.copyfile(path, temporary)
    return (target,)
