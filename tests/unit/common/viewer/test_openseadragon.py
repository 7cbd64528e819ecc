import hashlib
import json
import os
import sys

import pytest

from pulih.common.errors import InputError, PulihError
from pulih.common.viewer import openseadragon


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm on the PATH that installs the given files as the package."""

    def put(script: bytes, licence: bytes = b"BSD"):
        package = {"build/openseadragon/openseadragon.min.js": script.decode(), "LICENSE.txt": licence.decode()}
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir()
        program.write_text(
            f"#!{sys.executable}\n"
            "import pathlib, sys, json\n"
            "root = pathlib.Path(sys.argv[sys.argv.index('--prefix') + 1]) / 'node_modules' / 'openseadragon'\n"
            f"assert sys.argv[-1] == 'openseadragon@{openseadragon.VERSION}'\n"
            f"for name, text in json.loads({json.dumps(package)!r}).items():\n"
            "    (root / name).parent.mkdir(parents=True, exist_ok=True)\n"
            "    (root / name).write_text(text)\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return put


def test_what_is_not_installed_is_named_with_the_command_that_installs_it(tmp_path) -> None:
    with pytest.raises(InputError, match=r"OpenSeadragon .*no such file.*python -m pulih.common.viewer.openseadragon"):
        openseadragon.find(tmp_path)


def test_files_other_than_those_pinned_are_refused(npm, tmp_path) -> None:
    npm(b"something else")
    with pytest.raises(PulihError, match="not the one pinned"):
        openseadragon.install(tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_the_pinned_files_are_installed_once(npm, tmp_path, monkeypatch) -> None:
    npm(b"the script", b"the licence")
    digests = [hashlib.sha256(data).hexdigest() for data in (b"the script", b"the licence")]
    monkeypatch.setattr(openseadragon, "FILES", dict(zip(openseadragon.FILES, digests, strict=True)))
    assert openseadragon.install(tmp_path / "place") is True
    assert openseadragon.find(tmp_path / "place").read_bytes() == b"the script"
    assert openseadragon.installed_path("LICENSE.txt", tmp_path / "place").read_bytes() == b"the licence"
    assert openseadragon.install(tmp_path / "place") is False
