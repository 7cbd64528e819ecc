"""A folder that one process at a time works in."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulih.common.errors import UserError


class FolderBusy(UserError):
    """Another process works in the folder."""


@contextmanager
def only_process(folder: Path, wait: bool = False) -> Iterator[None]:
    """Hold ``folder`` (made when missing) for this process; the system lets go of it even when the process is killed.

    Args:
        wait: wait for the other process instead of raising.

    Raises:
        FolderBusy: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder, wait)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path, wait: bool) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as err:
        fix = "Wait for it, stop it, or use another folder."
        raise FolderBusy(f"no other process at work in {folder}", "one that is", fix) from err
