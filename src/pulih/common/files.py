"""Writing files so that nothing already saved is lost: a temporary name first, then a rename."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulih.common.errors import UserError


@contextmanager
def room_for(target: Path) -> Iterator[None]:
    """Turn the failure of a write to ``target`` for want of room into a UserError."""
    try:
        yield
    except OSError as err:
        if err.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        fix = "Free some space and run the same command again: what was finished stays."
        raise UserError(f"room on the disk for {target}", "a full disk", fix) from err


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target``; on success it is renamed to ``target``, else removed.

    Raises:
        UserError: the disk is full.
    """
    with room_for(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(target: Path, data: bytes) -> None:
    """Write ``data`` to ``target`` atomically."""
    with atomic_path(target) as path:
        path.write_bytes(data)


def write_text(target: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``target`` atomically."""
    write_bytes(target, text.encode("utf-8"))


def write_json(target: Path, values: Any) -> None:
    """Write ``values`` as indented, key-sorted JSON to ``target`` atomically."""
    write_text(target, json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")
