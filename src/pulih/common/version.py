"""What code made an artifact: a digest of the package's own sources, and the git commit when there is one."""

import functools
import hashlib
import subprocess
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SOURCES = {".py", ".json", ".j2", ".yaml", ".html", ".css", ".js"}


@functools.cache
def source_digest(*parts: str) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of the named sources (all by default).

    Args:
        parts: paths below the package, such as ``restorer`` or ``restorer/infer.py``.
    """
    roots = [PACKAGE / name for name in parts] or [PACKAGE]
    assert all(root.exists() for root in roots), f"no such subpackage or file among {parts}"
    files = {file for root in roots for file in ([root] if root.is_file() else root.rglob("*"))}
    summed = hashlib.sha256()
    for path in sorted(file for file in files if file.suffix in SOURCES):
        summed.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return summed.hexdigest()[:12]


@functools.cache
def git_commit() -> str:
    """Return the commit of the checkout, with ``+`` when it was changed, or ``unknown`` outside of git."""
    try:
        # An installed copy may lie inside of somebody else's checkout.
        _git("ls-files", "--error-unmatch", "__init__.py")
        return _git("describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
