"""The client names what went wrong; the server here is a few lines of the standard library."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pulih.common.errors import PulihError
from pulih.deployment.client import Client
from pulih.deployment.server import free_port


class Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.end_headers()
        self.wfile.write(b'{"error": "no memory left"}')

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/v2/health/ready" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing():
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Client("127.0.0.1", server.server_port, 5)
    server.shutdown()
    server.server_close()
    thread.join()


def test_refusal_carries_status_and_text(refusing) -> None:
    with pytest.raises(PulihError, match=r"status 500.*no memory left"):
        refusing.restore_v1(b"x")


def test_server_without_a_ready_model_is_not_ready(refusing) -> None:
    assert not refusing.is_ready()


def test_nobody_listening_is_not_ready_and_named() -> None:
    client = Client("127.0.0.1", free_port(), 5)
    assert not client.is_ready()
    with pytest.raises(PulihError, match="no answer from"):
        client.restore_v2(b"x")
