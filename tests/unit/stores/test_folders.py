import json
import os
from pathlib import Path

import pytest

from pulih.common.config import StageConfig
from pulih.common.errors import StoreError, UserError
from pulih.data.manifest import NAME, verify, write_manifest
from pulih.stores.folders import download_folder, files_to_publish, upload_folder
from pulih.stores.s3 import StoredObject
from pulih.stores.urls import S3Url

MB = 2**20


class Config(StageConfig):
    seed: int = 1


def artifact(folder: Path, **files: bytes):
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_manifest(folder, "model", Config(), {}, {})
    return folder


def names(store, folder):
    return [stored.url.key.removeprefix(folder.prefix) for stored in store.list(folder)]


def test_an_artifact_survives_the_way_up_and_down(store, folder, tmp_path):
    source = artifact(tmp_path / "a", model=os.urandom(9 * MB), strips__worst=b"png", empty=b"")
    (source / "state").mkdir()
    (source / "state" / "optimizer").write_bytes(b"not part of it")
    (source / ".owner.json").write_bytes(b"{}")
    upload_folder(store, source, folder)
    assert names(store, folder) == ["empty", NAME, "model", "strips/worst"]
    download_folder(store, folder, tmp_path / "b")
    assert verify(tmp_path / "b", "model") == verify(source, "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_plain_folder_leaves_hidden_files_behind(store, folder, tmp_path):
    for name in ("page.png", "sub/page.png", ".hidden", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    upload_folder(store, tmp_path, folder)
    assert names(store, folder) == ["page.png", "sub/page.png"]


def test_the_manifest_comes_last_and_a_repeated_upload_completes_it(faulty_line, store, folder, tmp_path):
    source = artifact(tmp_path / "a", a=b"small", z=os.urandom(8 * MB))
    _, cut_store = faulty_line(cut_up=2 * MB, times=100, retries=0)
    with pytest.raises(StoreError):
        upload_folder(cut_store, source, folder)
    assert names(store, folder) == ["a"]
    upload_folder(store, source, folder)
    assert names(store, folder) == ["a", NAME, "z"]


def test_what_is_already_published_is_not_sent_again(faulty_line, folder, tmp_path):
    source = artifact(tmp_path, model=os.urandom(MB))
    line, store = faulty_line()
    upload_folder(store, source, folder)
    sent = line.bytes["up"]
    upload_folder(store, source, folder)
    assert sent > MB
    assert line.bytes["up"] - sent < 10_000


def test_a_lost_file_of_a_published_artifact_is_replaced(store, folder, tmp_path):
    source = artifact(tmp_path, model=b"model", other=b"other")
    upload_folder(store, source, folder)
    store.delete(folder / "model")
    upload_folder(store, source, folder)
    assert store.read(folder / "model") == b"model"


def test_another_artifact_replaces_the_former_one_without_remains(store, folder, tmp_path):
    upload_folder(store, artifact(tmp_path / "1", model=b"old", only_old=b"x"), folder)
    store.write(b"a neighbour", folder / "notes.txt")
    upload_folder(store, artifact(tmp_path / "2", model=b"new", only_new=b"y"), folder)
    assert names(store, folder) == [NAME, "model", "notes.txt", "only_new"]
    assert store.read(folder / "model") == b"new"


def test_while_an_artifact_is_replaced_no_manifest_vouches_for_a_mixture(faulty_line, store, folder, tmp_path):
    upload_folder(store, artifact(tmp_path / "1", a=b"old", z=b"old"), folder)
    _, cut_store = faulty_line(cut_up=2 * MB, times=100, retries=0)
    with pytest.raises(StoreError):
        upload_folder(cut_store, artifact(tmp_path / "2", a=b"new", z=os.urandom(8 * MB)), folder)
    assert NAME not in names(store, folder)


def test_a_foreign_manifest_at_the_destination_is_not_overwritten(store, folder, tmp_path):
    store.write(b'{"name": "a web app"}', folder / NAME)
    with pytest.raises(UserError, match="a manifest of Pulih"):
        upload_folder(store, artifact(tmp_path, model=b"x"), folder)
    assert json.loads(store.read(folder / NAME)) == {"name": "a web app"}


def test_an_artifact_without_one_of_its_files_is_not_published(tmp_path):
    source = artifact(tmp_path, model=b"x")
    (source / "model").unlink()
    with pytest.raises(UserError, match="model; found nothing there"):
        files_to_publish(source)


def test_an_empty_folder_is_not_published(store, folder, tmp_path):
    with pytest.raises(UserError, match=r"files in .*; found none"):
        upload_folder(store, tmp_path, folder)


def test_a_download_appears_whole_and_a_repeated_one_continues(faulty_line, store, folder, tmp_path, caplog):
    source = artifact(tmp_path / "a", a=b"small", b=b"small too", z=os.urandom(4 * MB))
    upload_folder(store, source, folder)
    _, cut_store = faulty_line(cut_down=MB, times=100, retries=0)
    with pytest.raises(StoreError):
        download_folder(cut_store, folder, tmp_path / "b")
    assert not (tmp_path / "b").exists()
    caplog.clear()
    download_folder(store, folder, tmp_path / "b")
    assert "1 of 4 files to download" in caplog.text
    verify(tmp_path / "b", "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_nothing_below_an_address_is_an_error(store, folder, tmp_path):
    with pytest.raises(StoreError, match="found none"):
        download_folder(store, folder, tmp_path / "x")


def test_a_folder_with_files_is_never_written_into(store, folder, tmp_path):
    store.write(b"x", folder / "x")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UserError, match="an empty or new folder"):
        download_folder(store, folder, tmp_path)


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "/etc/passwd", "a\0b"])
def test_a_key_that_is_no_path_below_the_folder_is_refused(store, tmp_path, key):
    url = S3Url("archive", "voc")
    listed = [StoredObject(S3Url("archive", f"voc/{key}"), 1, "e")]
    with pytest.raises(StoreError, match="that are file names"):
        download_folder(store, url, tmp_path / "x", listed)


def test_a_name_that_is_both_file_and_folder_is_refused(store, tmp_path):
    listed = [StoredObject(S3Url("archive", key), 1, "e") for key in ("voc/a", "voc/a/b")]
    with pytest.raises(StoreError, match="'a' is both"):
        download_folder(store, S3Url("archive", "voc"), tmp_path / "x", listed)


def test_what_does_not_fit_on_the_disk_is_refused_before_the_transfer(store, tmp_path):
    listed = [StoredObject(S3Url("archive", "voc/a"), 10**18, "e")]
    with pytest.raises(UserError, match="MB of room"):
        download_folder(store, S3Url("archive", "voc"), tmp_path / "x", listed)
    assert list(tmp_path.iterdir()) == []
