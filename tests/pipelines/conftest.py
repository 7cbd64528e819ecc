"""A server that answers as the API of Kubeflow Pipelines does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

TOKEN = "a-valid-token"


class Api(BaseHTTPRequestHandler):
    """Experiments, runs, recurring runs and logs; every request needs the token.

    A run is what ``server.runs`` says next, the last one for ever; a pod's log is what ``server.logs`` has.
    """

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def authorised(self):
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self.answer(401, {"error": "Unauthorized"})
        return False

    def do_GET(self):
        if not self.authorised():
            return
        path = self.path.partition("?")[0]
        if path.endswith("/log"):
            log = self.server.logs.get(path.split("/")[-2])
            self.answer(500 if log is None else 200, {"error": "no log"} if log is None else log)
        elif path == "/apis/v2beta1/runs/r1" and self.server.runs:
            status, run = self.server.runs.pop(0) if len(self.server.runs) > 1 else self.server.runs[0]
            self.answer(status, run)
        else:
            paths = {"/apis/v2beta1/experiments": {"experiments": []}, "/apis/v2beta1/healthz": {"multi_user": False}}
            self.answer(200 if path in paths else 404, paths.get(path, {}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.read_only:
            self.answer(403, {"error": "may not create"})
        elif self.authorised():
            self.server.posted.append((self.path.partition("?")[0], body))
            self.answer(200, {**body, "experiment_id": "e1", "run_id": "r1", "recurring_run_id": "w1"})


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.posted, server.read_only, server.runs, server.logs = [], False, [], {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
