"""A checkpoint outlives the machine that wrote it."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from pulih.common.errors import StoreError
from pulih.stores import checkpoints
from pulih.stores.checkpoints import kept_in_store
from pulih.stores.s3 import ObjectStore

ORIGINS = ["config", "lines"]


@pytest.fixture
def prefix(monkeypatch, folder):
    monkeypatch.setenv("PULIH_CHECKPOINTS", str(folder))
    monkeypatch.setattr(checkpoints, "POLL_SECONDS", 0.05)
    return folder


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def replace(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name("new")
    temporary.write_bytes(content)
    temporary.replace(file)


def interrupted_after(content, file):
    with contextlib.suppress(KeyboardInterrupt), kept_in_store(file, "restorer", ORIGINS):
        replace(file, content)
        raise KeyboardInterrupt


def test_what_a_killed_process_had_copied_is_what_the_next_one_finds(prefix, store, tmp_path):
    script = (
        "import sys, time, pathlib; from pulih.stores import checkpoints as c; c.POLL_SECONDS = 0.05\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "with c.kept_in_store(file, 'recognizer', ['config', 'lines']):\n"
        "    file.write_bytes(b'step 40'); time.sleep(60)\n"
    )
    (tmp_path / "lost").mkdir()
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "lost" / "checkpoint.pt")], env=os.environ)
    until(lambda: len(store.list(prefix)) == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    fresh = tmp_path / "replacement" / "checkpoint.pt"
    with kept_in_store(fresh, "recognizer", ORIGINS):
        assert fresh.read_bytes() == b"step 40"


def test_every_replacement_is_copied_and_a_finished_training_leaves_none(prefix, store, tmp_path):
    file = tmp_path / "checkpoint.pt"
    with kept_in_store(file, "restorer", ORIGINS):
        for content in (b"one", b"two"):
            replace(file, content)
            until(lambda content=content: [store.read(o.url) for o in store.list(prefix)] == [content])
    assert store.list(prefix) == []


def test_an_interrupted_training_copies_what_it_saved_last(prefix, store, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "POLL_SECONDS", 60)
    file = tmp_path / "checkpoint.pt"
    interrupted_after(b"at SIGTERM", file)
    assert [store.read(o.url) for o in store.list(prefix)] == [b"at SIGTERM"]


def test_another_config_gets_no_checkpoint_and_an_own_file_goes_before_the_copy(prefix, store, tmp_path):
    file = tmp_path / "checkpoint.pt"
    interrupted_after(b"copied", file)
    with kept_in_store(tmp_path / "other" / "checkpoint.pt", "restorer", ["other", "lines"]):
        assert not (tmp_path / "other" / "checkpoint.pt").exists()
    replace(file, b"own and newer")
    with kept_in_store(file, "restorer", ORIGINS):
        assert file.read_bytes() == b"own and newer"


def test_a_store_that_is_gone_stops_the_start_but_not_the_training(
    own_s3_server, s3_settings_of, monkeypatch, tmp_path
):
    settings = s3_settings_of(own_s3_server)
    for name, value in {"CHECKPOINTS": "s3://archive/lost", "S3_RETRIES": "0", "S3_TIMEOUT": "1"}.items():
        monkeypatch.setenv(f"PULIH_{name}", value)
    monkeypatch.setattr(checkpoints, "POLL_SECONDS", 0.05)
    assert ObjectStore.from_settings(settings).address
    with kept_in_store(tmp_path / "checkpoint.pt", "restorer", ORIGINS):
        own_s3_server.kill()
        replace(tmp_path / "checkpoint.pt", b"goes on")
        time.sleep(0.3)
    with pytest.raises(StoreError, match="nothing that accepts a connection"):
        kept_in_store(tmp_path / "new" / "checkpoint.pt", "restorer", ORIGINS).__enter__()


def test_without_a_prefix_nothing_is_asked_of_any_store(monkeypatch, tmp_path):
    for name in ("PULIH_CHECKPOINTS", "PULIH_S3_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with kept_in_store(tmp_path / "checkpoint.pt", "restorer", ORIGINS):
        pass
    assert list(tmp_path.iterdir()) == []
