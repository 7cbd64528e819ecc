import io
import os

import pytest
from minio import Minio

from pulih.common.errors import StoreError
from pulih.common.settings import Settings
from pulih.stores import s3
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url

MB = 2**20


def raw_client(server):
    return Minio(server.endpoint, *server.keys, secure=False, region="us-east-1")


def unfinished_uploads(server):
    return raw_client(server)._list_multipart_uploads("archive").uploads


@pytest.mark.parametrize("size", [0, 1, 20 * MB + 7])
def test_what_was_uploaded_comes_back(store, folder, tmp_path, size):
    source, target = tmp_path / "source", tmp_path / "new" / "target"
    source.write_bytes(os.urandom(size))
    store.upload(source, folder / "page 1 é+%.png")
    store.download(folder / "page 1 é+%.png", target)
    assert target.read_bytes() == source.read_bytes()
    assert [(s.url.name, s.size) for s in store.list(folder)] == [("page 1 é+%.png", size)]


def test_an_object_written_past_pulih_is_read_and_checked_by_its_md5(s3_server, store, folder):
    raw_client(s3_server).put_object(folder.bucket, f"{folder.key}/x", io.BytesIO(b"ink"), 3)
    assert store.read(folder / "x") == b"ink"


def test_exists_finds_objects_and_folders_and_nothing_else(store, folder):
    store.write(b"x", folder / "sub" / "page.png")
    found = {name: store.exists(folder / name) for name in ("sub/page.png", "sub", "sub/", "su", "other")}
    assert found == {"sub/page.png": True, "sub": True, "sub/": True, "su": False, "other": False}


def test_a_deleted_object_is_gone_and_deleting_it_again_is_no_error(store, folder):
    store.write(b"x", folder / "x")
    store.delete(folder / "x")
    store.delete(folder / "x")
    assert not store.exists(folder / "x")


def test_a_listing_has_a_limit(store, folder, monkeypatch):
    monkeypatch.setattr(s3, "MOST_OBJECTS", 2)
    for name in "abc":
        store.write(b"x", folder / name)
    with pytest.raises(StoreError, match="at most 2 objects"):
        store.list(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s3_access_key": "someone"}, "InvalidAccessKeyId.*PULIH_S3_ACCESS_KEY"),
        ({"s3_secret_key": "not-the-secret"}, "SignatureDoesNotMatch.*PULIH_S3_SECRET_KEY"),
        ({"s3_endpoint": "127.0.0.1:1"}, "nothing that accepts a connection.*PULIH_S3_ENDPOINT"),
        ({"s3_endpoint": "no-such-host.invalid:9000"}, "does not resolve.*PULIH_S3_ENDPOINT"),
        ({"s3_secure": True}, "a TLS server.*PULIH_S3_SECURE=false"),
    ],
    ids=["wrong key", "wrong secret", "nobody there", "unknown host", "TLS to plain"],
)
@pytest.mark.parametrize("action", ["find", "read", "list", "delete", "write"])
def test_wrong_settings_say_what_to_correct(s3_server, s3_settings, folder, change, message, action):
    values = s3_settings.model_dump() | {"s3_retries": 0} | change
    store = ObjectStore.from_settings(Settings(**values))
    arguments = (b"x", folder / "x") if action == "write" else (folder / "x",)
    with pytest.raises(StoreError, match=message) as caught:
        getattr(store, action)(*arguments)
    assert not {s3_server.keys[1], "not-the-secret"} & set(str(caught.value).split("'"))
    assert s3_server.keys[1] not in str(caught.value)
    assert "not-the-secret" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize("action", ["find", "read", "list", "delete", "write"])
def test_a_missing_bucket_is_named_and_never_created(s3_server, store, action):
    url = S3Url("no-such-bucket", "x")
    with pytest.raises(StoreError, match=r"the bucket of s3://no-such-bucket/.*NoSuchBucket.*Create the bucket"):
        getattr(store, action)(*([b"x", url] if action == "write" else [url]))
    assert "no-such-bucket" not in [bucket.name for bucket in raw_client(s3_server).list_buckets()]


def test_a_missing_key_is_named(store, folder, tmp_path):
    with pytest.raises(StoreError, match=f"an object at {folder}/none; found the answer NoSuchKey"):
        store.download(folder / "none", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    assert store.find(folder / "none") is None


def test_content_that_changed_since_it_was_listed_is_refused(store, folder, tmp_path):
    store.write(b"old", folder / "x")
    (listed,) = store.list(folder)
    store.write(b"new", folder / "x")
    with pytest.raises(StoreError, match="unchanged while it was read"):
        store.download(listed.url, tmp_path / "x", listed.etag)
    assert list(tmp_path.iterdir()) == []


def test_without_an_endpoint_the_message_names_the_variables():
    with pytest.raises(StoreError, match="PULIH_S3_ENDPOINT is not set"):
        ObjectStore.from_settings(Settings(s3_endpoint=None))


def test_a_missing_certificate_file_is_named(s3_settings, tmp_path):
    settings = s3_settings.model_copy(update={"s3_ca_file": tmp_path / "none.pem"})
    with pytest.raises(StoreError, match="PULIH_S3_CA_FILE"):
        ObjectStore.from_settings(settings)


def test_an_untrusted_certificate_is_refused_and_the_named_authority_is_trusted(
    faulty_line, s3_settings, certificate, folder
):
    line, _ = faulty_line(certificate=certificate)
    secured = s3_settings.model_copy(update={"s3_endpoint": line.endpoint, "s3_secure": True})
    with pytest.raises(StoreError, match=r"a trusted certificate.*PULIH_S3_CA_FILE"):
        ObjectStore.from_settings(secured).list(folder)
    trusting = ObjectStore.from_settings(secured.model_copy(update={"s3_ca_file": certificate}))
    trusting.write(b"over TLS", folder / "x")
    assert trusting.read(folder / "x") == b"over TLS"


def test_plain_http_towards_a_tls_server_says_so(faulty_line, certificate, folder):
    _, store = faulty_line(certificate=certificate, retries=0)
    with pytest.raises(StoreError, match="PULIH_S3_SECURE=true"):
        store.list(folder)


def test_a_lost_connection_during_an_upload_is_retried_and_logged(faulty_line, folder, tmp_path, caplog):
    line, store = faulty_line(cut_up=12 * MB)
    source = tmp_path / "source"
    source.write_bytes(os.urandom(40 * MB))
    store.upload(source, folder / "x")
    assert line.cuts == 1
    assert "retry 1 of 2" in caplog.text
    assert store.read(folder / "x") == source.read_bytes()


@pytest.mark.parametrize("size", [4 * MB, 40 * MB], ids=["in one piece", "in parts"])
def test_an_upload_that_fails_for_good_leaves_no_object_and_no_parts(
    faulty_line, s3_server, store, folder, tmp_path, size
):
    _, cut_store = faulty_line(cut_up=3 * MB, times=100, retries=1)
    source = tmp_path / "source"
    source.write_bytes(os.urandom(size))
    with pytest.raises(StoreError, match=r"a connection that was lost.*run the same command again"):
        cut_store.upload(source, folder / "x")
    assert store.find(folder / "x") is None
    assert [u.object_name for u in unfinished_uploads(s3_server)] == []


def test_a_lost_download_continues_where_it_was(faulty_line, store, folder, tmp_path, caplog):
    content = os.urandom(20 * MB)
    store.write(content, folder / "x")
    line, cut_store = faulty_line(cut_down=15 * MB)
    cut_store.download(folder / "x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == content
    assert line.cuts == 1
    assert line.bytes["down"] < 25 * MB
    assert "retry 1 of 2" in caplog.text


def test_a_download_that_fails_for_good_leaves_no_file(faulty_line, store, folder, tmp_path, caplog):
    store.write(bytes(4 * MB), folder / "x")
    line, cut_store = faulty_line(cut_down=MB // 2, times=100)
    with pytest.raises(StoreError, match="a connection that was lost"):
        cut_store.download(folder / "x", tmp_path / "x")
    assert line.cuts == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written_by_pulih", [True, False])
def test_a_byte_altered_on_the_way_is_noticed(faulty_line, s3_server, store, folder, tmp_path, written_by_pulih):
    content = os.urandom(2 * MB)
    if written_by_pulih:
        store.write(content, folder / "x")
    else:
        raw_client(s3_server).put_object(folder.bucket, f"{folder.key}/x", io.BytesIO(content), len(content))
    _, bad_store = faulty_line(corrupt_down=MB)
    with pytest.raises(StoreError, match="with the digest it was stored with; found other content"):
        bad_store.download(folder / "x", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_server_killed_during_an_upload_gives_a_clear_error_and_no_object_afterwards(
    own_s3_server, s3_settings_of, faulty_line, tmp_path
):
    line, _ = faulty_line(cut_up=10 * MB)
    line.upstream = own_s3_server.endpoint
    line.when_cut = own_s3_server.kill
    settings = s3_settings_of(own_s3_server)
    store = ObjectStore.from_settings(settings.model_copy(update={"s3_endpoint": line.endpoint, "s3_retries": 2}))
    source = tmp_path / "model"
    source.write_bytes(os.urandom(48 * MB))
    store.write(b"kept", S3Url("archive", "before"))
    with pytest.raises(StoreError, match=r"stay up during the transfer|nothing that accepts a connection"):
        store.upload(source, S3Url("archive", "model"))
    assert not own_s3_server.is_running()
    own_s3_server.start()
    restarted = ObjectStore.from_settings(settings)
    assert restarted.find(S3Url("archive", "model")) is None
    assert restarted.read(S3Url("archive", "before")) == b"kept"


def test_a_file_that_shrinks_while_it_is_uploaded_is_refused(store, folder, tmp_path, monkeypatch):
    source = tmp_path / "log"
    source.write_bytes(bytes(1000))
    original = store.check_bucket

    def shrink(url):
        original(url)
        os.truncate(source, 10)

    monkeypatch.setattr(store, "check_bucket", shrink)
    with pytest.raises(StoreError, match="It changed meanwhile"):
        store.upload(source, folder / "log")
    monkeypatch.undo()
    assert store.find(folder / "log") is None


@pytest.mark.parametrize("action", ["find", "read", "list", "delete", "write"])
def test_an_identity_without_the_right_is_told_so(s3_settings, folder, action):
    anonymous = s3_settings.model_copy(update={"s3_access_key": None, "s3_secret_key": None})
    arguments = (b"x", folder / "x") if action == "write" else (folder / "x",)
    with pytest.raises(StoreError, match=f"permission for {folder}/x; found the answer AccessDenied"):
        getattr(ObjectStore.from_settings(anonymous), action)(*arguments)
