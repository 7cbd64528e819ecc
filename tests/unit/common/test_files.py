import json
import os
import signal
import subprocess
import sys

import pytest

from pulih.common.errors import UserError
from pulih.common.files import atomic_path, room_for, write_bytes, write_json, write_text


def test_a_file_appears_whole_in_a_new_folder(tmp_path):
    write_bytes(tmp_path / "a" / "b" / "c.bin", b"data")
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == b"data"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["c.bin"]
    assert (tmp_path / "a" / "b" / "c.bin").stat().st_mode & 0o777 == 0o644


def test_a_failure_leaves_the_former_file_and_no_remains(tmp_path):
    write_text(tmp_path / "x", "former")

    def write_half():
        with atomic_path(tmp_path / "x") as path:
            path.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x", "former")]


def test_a_killed_writer_leaves_the_former_file(tmp_path):
    write_text(tmp_path / "x", "former")
    script = (
        "import os, signal, sys; from pathlib import Path; from pulih.common.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as path:\n"
        "    path.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "x")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "x").read_text() == "former"


def test_the_same_values_give_the_same_bytes(tmp_path):
    write_json(tmp_path / "a", {"b": [1.5], "a": "é"})
    write_json(tmp_path / "b", {"a": "é", "b": [1.5]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text()) == {"a": "é", "b": [1.5]}


def test_json_never_holds_what_json_has_not(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a", {"psnr": float("inf")})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_what_was_finished_stays(small_disk):
    write_text(small_disk / "finished", "kept")
    with pytest.raises(UserError, match=r"room on the disk for .*big; found a full disk"):
        write_bytes(small_disk / "big", os.urandom(2**21))
    assert [(path.name, path.read_text()) for path in small_disk.iterdir()] == [("finished", "kept")]


def test_another_failure_of_the_disk_stays_what_it_is(tmp_path):
    with pytest.raises(IsADirectoryError), room_for(tmp_path):
        tmp_path.open("w")
