from pathlib import Path

import pytest

from pulih.common.errors import StoreError
from pulih.stores.urls import S3Url, is_s3


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("s3://archive", "archive", ""),
        ("s3://archive/", "archive", ""),
        ("s3://archive/voc/1791/", "archive", "voc/1791/"),
        ("S3://my.bucket-1/é x.png", "my.bucket-1", "é x.png"),
        (str(Path("s3://archive/voc")), "archive", "voc"),
    ],
)
def test_an_address_has_a_bucket_and_a_key(text, bucket, key):
    assert is_s3(text)
    assert S3Url.parse(text) == S3Url(bucket, key)


@pytest.mark.parametrize(
    "text",
    ["s3://", "s3://A", "s3://Archive/x", "s3://ab", "s3://a..b/x", "s3://127.0.0.1/x", "s3://a_b/x", "archive/x"],
)
def test_what_is_no_bucket_is_refused(text):
    with pytest.raises(StoreError, match="s3://bucket/key"):
        S3Url.parse(text)


@pytest.mark.parametrize("key", ["../x", "a/../../x", "a/./b", "x" * 1025])
def test_a_key_that_climbs_or_is_too_long_is_refused(key):
    with pytest.raises(StoreError, match="a key that S3 allows"):
        S3Url.parse(f"s3://archive/{key}")


@pytest.mark.parametrize("path", ["/data/archive", "archive", "./s3/x", "C.png", Path("runs") / "s3:x"])
def test_a_local_path_is_none(path):
    assert not is_s3(path)


@pytest.mark.parametrize("path", ["https://example.org/x", "gs://bucket/x", "file:///tmp/x"])
def test_another_kind_of_address_is_refused_by_name(path):
    with pytest.raises(StoreError, match="a local path or s3://bucket/key"):
        is_s3(path)


def test_parts_and_names():
    url = S3Url.parse("s3://archive/voc/1791")
    assert str(url / "page.png") == "s3://archive/voc/1791/page.png"
    assert (url.prefix, url.name) == ("voc/1791/", "1791")
    assert (S3Url("archive").prefix, S3Url("archive").name) == ("", "archive")
    assert str(S3Url("archive") / "x") == "s3://archive/x"
