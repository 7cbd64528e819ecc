"""An API server in miniature: one TrainJob, its pods and their logs, as Kubernetes answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from pulih.recognizer.config import Curriculum, RecognizerConfig
from pulih.stores.cluster import Cluster

NAMESPACE = "pulih"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        if self.server.away:
            self.server.away -= 1
            self.answer(503, json.dumps({"message": "restarting"}), "application/json")
        elif parts.path.endswith("/log"):
            self.log(parts.path.split("/")[-2], {k: v[0] for k, v in parse_qs(parts.query).items()})
        elif parts.path.endswith("/pods"):
            self.answer(200, json.dumps({"items": self.server.pods}), "application/json")
        else:
            job = self.server.states.pop(0) if len(self.server.states) > 1 else self.server.states[0]
            self.answer(200 if job else 404, json.dumps(job or {"message": "not found"}), "application/json")

    def log(self, pod, query):
        lines = self.server.logs.get(pod)
        if lines is None:
            self.answer(404, json.dumps({"message": "no log"}), "application/json")
            return
        lines = [line for line in lines if line[0][:19] >= query.get("sinceTime", "")[:19]]
        lines = lines[-int(query["tailLines"]) :] if "tailLines" in query else lines
        stamped = query.get("timestamps") == "true"
        self.answer(
            200, "".join(f"{stamp} {text}\n" if stamped else f"{text}\n" for stamp, text in lines), "text/plain"
        )

    def answer(self, status, text, kind):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api(tmp_path, monkeypatch):
    """The running miniature; ``states`` are the TrainJob's answers one after the other, the last one for ever."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.states, server.pods, server.logs, server.away = [None], [], {}, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = {"server": f"http://127.0.0.1:{server.server_port}"}
    config = {
        "clusters": [{"name": "c", "cluster": address}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}],
        "current-context": "x",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def cluster(api):
    return Cluster.connect()


def job_in(*conditions):
    told = [{"type": kind, "status": "True", "reason": "R", "message": text} for kind, text in conditions]
    return {"metadata": {"name": "job"}, "status": {"conditions": told}}


def pod(index, phase, **container):
    labels = {"batch.kubernetes.io/job-completion-index": str(index)}
    statuses = [{"name": "node", "state": container}] if container else []
    metadata = {"name": f"job-{index}", "labels": labels, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "status": {"phase": phase, "containerStatuses": statuses}}


@pytest.fixture
def shapes():
    """Makers of a TrainJob's answer and of a pod's."""
    return job_in, pod


@pytest.fixture
def small():
    """A config that trains in a second or two."""
    return RecognizerConfig(
        channels=8, hidden=48, depth=1, steps=4, batch_size=4, warmup_steps=2, validation_interval=4,
        checkpoint_interval=2, processes=1, threads=1, curriculum=Curriculum(start=0.5, steps=4),
    )  # fmt: skip


@pytest.fixture
def bucket(s3_settings, monkeypatch):
    """A store that the nodes of a training can share."""
    monkeypatch.setenv("PULIH_S3_BUCKET", "models")
    monkeypatch.setenv("PULIH_CHECKPOINTS", "s3://models/checkpoints")
    for name in ("PET_NODE_RANK", "PET_NNODES", "PULIH_WORK_DIR"):
        monkeypatch.delenv(name, raising=False)
