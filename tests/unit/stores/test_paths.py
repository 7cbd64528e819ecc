import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulih.common.errors import InputError, StoreError, UserError
from pulih.data.manifest import verify
from pulih.stores.paths import local_input, publish


@pytest.fixture
def artifact(tmp_path):
    from pulih.common.config import StageConfig
    from pulih.data.manifest import write_manifest

    def make(name, **files):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_bytes(content)
        write_manifest(tmp_path / name, "model", StageConfig(), {}, {})
        return tmp_path / name

    return make


def test_a_local_path_is_used_as_it_is(tmp_path):
    assert local_input(str(tmp_path)) == tmp_path


def test_a_missing_local_path_is_named(tmp_path):
    with pytest.raises(InputError, match="none"):
        local_input(tmp_path / "none")


def test_a_prefix_becomes_a_folder_once_and_is_reused(s3_settings, store, folder, tmp_path, caplog):
    store.write(b"first", folder / "1.png")
    store.write(b"second", folder / "sub" / "2.png")
    got = local_input(str(folder), tmp_path)
    assert {p.relative_to(got).as_posix(): p.read_bytes() for p in got.rglob("*.png")} == {
        "1.png": b"first",
        "sub/2.png": b"second",
    }
    before = (got / "1.png").stat().st_mtime_ns
    assert local_input(str(folder) + "/", tmp_path, s3_settings) == got
    assert (got / "1.png").stat().st_mtime_ns == before
    assert "unchanged, taken from" in caplog.text


def test_changed_content_is_downloaded_beside_the_former(store, folder, tmp_path):
    store.write(b"first", folder / "1.png")
    former = local_input(str(folder), tmp_path)
    store.write(b"third", folder / "1.png")
    latter = local_input(str(folder), tmp_path)
    assert [(p / "1.png").read_bytes() for p in (former, latter)] == [b"first", b"third"]


def test_an_altered_copy_is_downloaded_again(store, folder, tmp_path):
    store.write(b"first", folder / "1.png")
    got = local_input(str(folder), tmp_path)
    (got / "1.png").write_bytes(b"shorter by accident")
    assert (local_input(str(folder), tmp_path) / "1.png").read_bytes() == b"first"


def test_processes_that_read_the_same_prefix_share_one_download(faulty_line, store, folder, tmp_path):
    for number in range(8):
        store.write(os.urandom(2**20), folder / f"{number}.png")
    line, _ = faulty_line()
    script = (
        "import sys; from pathlib import Path; from pulih.stores.paths import local_input\n"
        "print(local_input(sys.argv[1], Path(sys.argv[2])))"
    )
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder), str(tmp_path)],
            env={**os.environ, "PULIH_S3_ENDPOINT": line.endpoint},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = {reader.communicate(timeout=60)[0].strip() for reader in readers}
    assert [reader.returncode for reader in readers] == [0, 0]
    assert len(list(Path(told.pop()).iterdir())) == 8
    assert told == set()
    assert line.bytes["down"] < 10 * 2**20


def test_a_single_object_becomes_a_file_in_the_default_cache(store, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    store.write(b"scan", folder / "scan.jpg")
    got = local_input(f"{folder}/scan.jpg")
    assert got.is_relative_to(tmp_path / "runs" / "cache")
    assert (got.name, got.read_bytes()) == ("scan.jpg", b"scan")


def test_nothing_at_an_address_is_an_error(folder, tmp_path):
    with pytest.raises(StoreError, match="objects below"):
        local_input(str(folder), tmp_path)


@pytest.mark.parametrize("action", [lambda p: local_input("https://x.org/y", p), lambda p: publish(p, "gs://b/k")])
def test_another_kind_of_address_is_refused(tmp_path, action):
    with pytest.raises(StoreError, match="a local path or s3://"):
        action(tmp_path)


def test_an_artifact_is_published_to_the_store_and_read_back(folder, artifact, tmp_path):
    source = artifact("model", weights=b"w" * 1000)
    assert publish(source, str(folder)) == str(folder)
    assert verify(local_input(str(folder), tmp_path / "cache"), "model") == verify(source, "model")


def test_a_file_is_published_under_its_name_or_another(store, folder, tmp_path):
    (tmp_path / "report.html").write_bytes(b"<html>")
    assert publish(tmp_path / "report.html", f"{folder}/") == f"{folder}/report.html"
    assert publish(tmp_path / "report.html", f"{folder}/latest.html") == f"{folder}/latest.html"
    assert store.read(folder / "latest.html") == b"<html>"


def test_an_artifact_is_published_to_a_local_folder_and_replaces_a_former_one(artifact, tmp_path):
    target = tmp_path / "published" / "restorer"
    publish(artifact("1", model=b"old", only_old=b"x"), target)
    publish(artifact("2", model=b"new"), str(target))
    assert sorted(path.name for path in target.iterdir()) == ["manifest.json", "model"]
    assert (target / "model").read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["restorer"]


def test_a_local_file_is_published_whole(tmp_path):
    (tmp_path / "a.html").write_text("a")
    assert publish(tmp_path / "a.html", f"{tmp_path}/new/") == f"{tmp_path}/new/a.html"
    assert publish(tmp_path / "a.html", tmp_path / "new") == f"{tmp_path}/new/a.html"
    assert (tmp_path / "new" / "a.html").read_text() == "a"


def test_a_folder_that_is_no_artifact_is_not_replaced(artifact, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="other files"):
        publish(artifact("1", model=b"x"), tmp_path / "home")
    assert (tmp_path / "home" / "thesis.txt").is_file()


@pytest.mark.parametrize("place", ["model/copy", "."])
def test_a_destination_around_or_within_the_source_is_refused(artifact, tmp_path, place):
    source = artifact("model", weights=b"x")
    with pytest.raises(UserError, match="a destination outside of"):
        publish(source, tmp_path / place)
    assert (source / "weights").is_file()


def test_a_missing_source_is_named(tmp_path):
    with pytest.raises(InputError, match="nothing there"):
        publish(tmp_path / "none", tmp_path / "x")


def test_a_full_disk_leaves_the_former_artifact(artifact, small_disk):
    target = small_disk / "restorer"
    publish(artifact("1", model=b"old"), target)
    with pytest.raises(UserError, match="a full disk") as caught:
        publish(artifact("2", model=os.urandom(2**21)), target)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert (target / "model").read_bytes() == b"old"
    assert [path.name for path in small_disk.iterdir()] == ["restorer"]


def test_a_download_to_a_full_disk_says_so_and_leaves_nothing(store, folder, small_disk):
    store.write(os.urandom(2**21), folder / "x")
    with pytest.raises(UserError, match="a full disk"):
        store.download(folder / "x", small_disk / "x")
    assert list(small_disk.iterdir()) == []
