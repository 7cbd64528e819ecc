import socket

import pytest

from pulih.common.errors import StoreError
from pulih.common.settings import Settings
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


def error_of(code):
    return f"<Error><Code>{code}</Code><Message>m</Message><Resource>/archive</Resource></Error>".encode()


def store_at(endpoint):
    return ObjectStore.from_settings(Settings(s3_endpoint=endpoint, s3_secure=False, s3_retries=0, s3_timeout=1))


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("RequestTimeTooSkewed", 403, "this machine's clock.*Set the clock"),
        ("PermanentRedirect", 301, "PULIH_S3_REGION"),
        ("AuthorizationHeaderMalformed", 400, "PULIH_S3_REGION"),
        ("SlowDown", 503, "found the answer SlowDown.*run the same command again"),
        ("SomethingNew", 418, "to accept the request for s3://archive/x.*SomethingNew"),
    ],
)
def test_an_error_code_of_s3_becomes_a_next_step(web_server, code, status, message):
    endpoint, _ = web_server((status, "application/xml", error_of(code)))
    with pytest.raises(StoreError, match=message):
        store_at(endpoint).list(S3Url("archive", "x"))


@pytest.mark.parametrize(("status", "content_type"), [(200, "text/html"), (404, "text/html"), (200, "application/xml")])
def test_a_web_page_at_the_endpoint_is_recognised(web_server, status, content_type):
    endpoint, _ = web_server((status, content_type, b"<!doctype html><p>A console, not a store.<br></html>"))
    with pytest.raises(StoreError, match=r"an S3 store at .*not S3's.*PULIH_S3_ENDPOINT"):
        store_at(endpoint).list(S3Url("archive"))


def test_a_bad_request_over_plain_http_asks_for_tls(web_server):
    endpoint, _ = web_server((400, "text/plain", b"Client sent an HTTP request to an HTTPS server."))
    with pytest.raises(StoreError, match="PULIH_S3_SECURE=true"):
        store_at(endpoint).list(S3Url("archive"))


def test_a_silent_server_is_left_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        store = store_at(f"127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(StoreError, match="silence until PULIH_S3_TIMEOUT"):
            store.list(S3Url("archive"))
