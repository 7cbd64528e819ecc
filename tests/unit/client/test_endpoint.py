"""What the client makes of answers; the server here is a few lines of the standard library."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pulih.client import Endpoint, EndpointError, EndpointSettings
from pulih.common.errors import InputError
from pulih.deployment.server import free_port

PNG = b"\x89PNG and so on"


@pytest.fixture
def scripted():
    """Start a server that gives the listed answers (status, headers, body), the last one for ever."""
    servers = []

    def start(*answers):
        given, seen = list(answers), []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                status, headers, body = given.pop(0) if len(given) > 1 else given[0]
                if status is None:
                    time.sleep(body)
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_image_goes_as_it_is_and_the_headers_tell_of_the_answer(scripted) -> None:
    told = {
        "X-Request-Id": "a-1",
        "X-Model-Digest": "0123456789ab",
        "X-Pulih-Scale": "0.5",
        "X-Pulih-Confidence": "0.9",
    }
    url, seen = scripted((200, told, PNG))
    settings = EndpointSettings(headers={"Authorization": "Bearer x"})
    answer = Endpoint(url, settings).restore(b"\xff\xd8\xff and so on", "white", "a-1")
    assert (answer.png, answer.request_id, answer.model_digest, answer.tries) == (PNG, "a-1", "0123456789ab", 1)
    assert (answer.scale, answer.confidence, answer.x_height) == (0.5, 0.9, None)
    [(path, headers, body)] = seen
    assert (path, body) == ("/v1/models/restorer:predict", b"\xff\xd8\xff and so on")
    sent = {name: headers[name] for name in ("Content-Type", "X-Pulih-Paper", "X-Request-Id", "Authorization")}
    assert list(sent.values()) == ["image/jpeg", "white", "a-1", "Bearer x"]


def test_busy_server_is_asked_again_when_it_says_so(scripted) -> None:
    url, seen = scripted((429, {"Retry-After": "1"}, b"{}"), (503, {}, b""), (200, {}, PNG))
    started = time.monotonic()
    answer = Endpoint(url).restore(b"x")
    assert (answer.png, answer.tries) == (PNG, 3)
    assert 1 <= time.monotonic() - started < 10
    assert len({headers["X-Request-Id"] for _, headers, _ in seen}) == 1


def test_answer_that_breaks_off_is_asked_for_again(scripted) -> None:
    url, _ = scripted((200, {"Content-Length": "1000"}, PNG), (200, {}, PNG))
    assert Endpoint(url).restore(b"x").tries == 2


def test_patience_ends_before_a_pause_that_would_go_beyond_it(scripted) -> None:
    url, seen = scripted((429, {"Retry-After": "50"}, b'{"error": "32 requests are being served"}'))
    started = time.monotonic()
    with pytest.raises(EndpointError, match=r"429.*32 requests") as failed:
        Endpoint(url, EndpointSettings(patience_seconds=2)).restore(b"x")
    assert failed.value.status == 429
    assert time.monotonic() - started < 2
    assert len(seen) == 1


def test_nobody_listening_is_named_after_the_patience() -> None:
    with pytest.raises(EndpointError, match=r"no answer from http://127.0.0.1.*refused"):
        Endpoint(f"http://127.0.0.1:{free_port()}", EndpointSettings(patience_seconds=0.2)).restore(b"x")


def test_refusal_of_the_image_keeps_its_words_and_is_not_repeated(scripted) -> None:
    words = {"error": "all", "expected": "a PNG", "found": "a letter", "fix": "Scan it."}
    url, seen = scripted((400, {}, json.dumps(words).encode()))
    with pytest.raises(InputError, match=r"expected a PNG; found a letter. Scan it."):
        Endpoint(url).restore(b"x")
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((413, {}, b'{"error": "3 bytes"}'), InputError, "3 bytes"),
        ((500, {}, b"<html>"), EndpointError, "status 500: <html>"),
        ((504, {}, b'{"error": "too slow"}'), EndpointError, "too slow"),
        ((404, {}, b'{"error": "no model"}'), EndpointError, "no model"),
        ((200, {}, b"<html>"), EndpointError, "no PNG"),
    ],
)
def test_other_answers_are_errors_at_once(scripted, answer, error, words: str) -> None:
    url, seen = scripted(answer)
    with pytest.raises(error, match=words):
        Endpoint(url).restore(b"x")
    assert len(seen) == 1


def test_server_at_work_for_too_long_is_not_asked_twice(scripted) -> None:
    url, seen = scripted((None, {}, 2))
    with pytest.raises(EndpointError, match="in time"):
        Endpoint(url, EndpointSettings(answer_seconds=0.3)).restore(b"x")
    assert len(seen) == 1


def test_sizes_are_bounded_both_ways(scripted) -> None:
    url, seen = scripted((200, {}, PNG))
    with pytest.raises(InputError, match="at most 3 bytes"):
        Endpoint(url, EndpointSettings(max_sent_bytes=3)).restore(b"four")
    assert seen == []
    with pytest.raises(InputError, match="at most 5 bytes"):
        Endpoint(url, EndpointSettings(max_answer_bytes=5)).restore(b"x")
