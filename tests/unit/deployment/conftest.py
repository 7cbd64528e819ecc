"""An API server in miniature: objects by address, an endpoint that is ready at once, and pods that answer pages."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from pulih.stores.cluster import Cluster

NAMESPACE = "pulih"
SERVICES = "inferenceservices"


class Handler(BaseHTTPRequestHandler):
    """Applies, gives and removes objects; what it does with an InferenceService is in ``settle``."""

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    @property
    def place(self):
        return urlsplit(self.path).path

    def do_GET(self):
        found = self.server.objects.get(self.place)
        self.answer(200 if found else 404, found or {"message": f"{self.place} not found"})

    def do_DELETE(self):
        self.answer(200 if self.server.objects.pop(self.place, None) else 404, {})

    def do_PATCH(self):
        query, item = parse_qs(urlsplit(self.path).query), self.body()
        assert (query["fieldManager"], query["fieldValidation"]) == (["pulih"], ["Strict"])
        if refusal := self.server.refuse(item):
            self.answer(422, {"message": refusal})
            return
        former = self.server.objects.get(self.place, {})
        generation = former.get("metadata", {}).get("generation", 0) + 1
        item = json.loads(json.dumps(item))
        item["metadata"]["generation"] = generation
        if "dryRun" not in query:
            self.server.objects[self.place] = item
            if SERVICES in self.place:
                self.server.settle(item)
        self.answer(200, item)

    def do_POST(self):
        body = self.body()
        if "/proxy/" in self.place:
            service = self.place.split("/services/")[1].split(":")[0]
            digest = self.server.behind.get(service)
            page = body["instances"][0]["image"]["b64"]
            answer = {"model_digest": digest, "predictions": [{"image": {"b64": self.server.restored or page}}]}
            self.answer(200 if digest else 503, answer)
        else:
            self.answer(201, {"status": {"allowed": body["spec"]["resourceAttributes"]["verb"] in self.server.allowed}})


class Api(ThreadingHTTPServer):
    """The server; ``failing`` are the addresses of models that do not load, ``behind`` what each Service answers."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects, self.behind, self.seen = {}, {}, []
        self.failing, self.allowed, self.restored = set(), {"get"}, None
        self.refuse = lambda _item: None

    def settle(self, item):
        """Play KServe: a status, and Services with pods behind them."""
        name, spec = item["metadata"]["name"], item["spec"]
        parts = {f"{name}-predictor": spec["predictor"]["model"]["storageUri"]}
        canaries = {one["predictor"]["name"]: one["predictor"]["model"]["storageUri"] for one in spec.get("canary", [])}
        parts |= {f"{name}-{canary}-predictor": uri for canary, uri in canaries.items()}
        self.seen.append(parts)
        self.behind |= {service: uri.rsplit("-", 1)[1] for service, uri in parts.items()}
        marks = {f"{name}-predictor": item["metadata"]["annotations"]["pulih/rollout"]}
        for one in spec.get("canary", []):
            predictor = one["predictor"]
            marks[f"{name}-{predictor['name']}-predictor"] = predictor["annotations"]["pulih/rollout"]
        for service, mark in marks.items():
            self.objects[f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{service}"] = deployment(mark)
        bad = bool(self.failing & set(parts.values()))
        item["status"] = {
            "observedGeneration": item["metadata"]["generation"],
            "conditions": [{"type": "Ready", "status": "False" if bad else "True"}],
            "canaryStatuses": [{"name": canary, "ready": not bad} for canary in canaries],
            "modelStatus": {"transitionStatus": "BlockedByFailedLoad" if bad else "UpToDate"},
        }


def deployment(mark, available=1):
    """A Deployment whose pods carry ``mark``."""
    return {
        "metadata": {"generation": 1},
        "spec": {"replicas": 1, "template": {"metadata": {"annotations": {"pulih/rollout": mark}}}},
        "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available},
    }


@pytest.fixture
def api():
    """The running miniature, with what the chart installs."""
    server = Api()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    install(server)
    yield server
    server.shutdown()
    server.server_close()


def pattern():
    """The endpoint as the chart renders it."""
    metadata = {"name": "restorer", "annotations": {"serving.kserve.io/deploymentMode": "Standard"}}
    predictor = {"minReplicas": 1, "model": {"modelFormat": {"name": "pulih"}, "runtime": "pulih"}}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": {"predictor": predictor},
    }


def install(server):
    core, kserve = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/serving.kserve.io/v1alpha1/namespaces/{NAMESPACE}"
    data = {"inferenceservice.yaml": yaml.safe_dump(pattern()), "models": "s3://models/x", "storageSecret": "keys"}
    server.objects[f"{core}/configmaps/pulih-endpoint"] = {"data": data}
    server.objects[f"{kserve}/servingruntimes/pulih"] = {"metadata": {"name": "pulih"}}
    names = ("PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    annotations = {"serving.kserve.io/s3-endpoint": "s3:8333"}
    data = {name: base64.b64encode(b"key").decode() for name in names}
    server.objects[f"{core}/secrets/keys"] = {"metadata": {"annotations": annotations}, "data": data}


@pytest.fixture
def cluster(api, tmp_path, monkeypatch):
    """The product's client of the miniature."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{api.server_port}"}}],
        "users": [{"name": "u", "user": {"token": "token"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}],
        "current-context": "x",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    return Cluster.connect()
