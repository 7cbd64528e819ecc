"""Submission, against a server on the loopback that answers as a Kubeflow Pipelines API does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.profile import load_profile
from pipelines.submit import submit
from pulih.common.errors import ConfigError, StoreError
from pulih.common.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-valid-token"


class Api(BaseHTTPRequestHandler):
    """Experiments and runs of the v2beta1 API; every request needs the token."""

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        content = json.dumps(body).encode()
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
        if self.authorised():
            paths = {"/apis/v2beta1/experiments": {"experiments": []}, "/apis/v2beta1/healthz": {"multi_user": False}}
            path = self.path.partition("?")[0]
            self.answer(200 if path in paths else 404, paths.get(path, {}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.read_only:
            self.answer(403, {"error": "may not create"})
        elif self.authorised():
            self.server.posted.append((self.path.partition("?")[0], body))
            self.answer(200, {**body, "experiment_id": "e1", "run_id": "r1"})


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.posted, server.read_only = [], False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def profile():
    return load_profile(ROOT / "configs" / "quick.json")


def settings(server, **others):
    return Settings(kfp_host=f"http://127.0.0.1:{server.server_port}", **others)


def test_the_whole_pipeline_and_every_section_arrive(server, profile):
    address = submit(profile, settings(server, kfp_token=TOKEN))
    assert address.endswith("/#/runs/details/r1")
    paths = [path for path, _ in server.posted]
    assert paths == ["/apis/v2beta1/experiments", "/apis/v2beta1/runs"]
    run = server.posted[1][1]
    assert run["display_name"] == f"quick-{profile.digest()}"
    spec, platforms = run["pipeline_spec"]["pipeline_spec"], run["pipeline_spec"]["platform_spec"]
    assert spec["pipelineInfo"]["name"] == "pulih-training"
    assert platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    parameters = run["runtime_config"]["parameters"]
    assert parameters == json.loads(json.dumps(profile.arguments(on_cluster=True)))
    assert set(parameters) == set(spec["root"]["inputDefinitions"]["parameters"])


def test_a_refused_token_is_explained(server, profile):
    with pytest.raises(StoreError, match=r"401.*token"):
        submit(profile, settings(server, kfp_token="stale"))
    assert server.posted == []


def test_a_token_that_may_only_read_is_explained(server, profile):
    server.read_only = True
    with pytest.raises(StoreError, match=r"403.*may not create.*PULIH_KFP_NAMESPACE"):
        submit(profile, settings(server, kfp_token=TOKEN))


def test_a_wrong_address_is_explained(profile):
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9.*Start the server"):
        submit(profile, Settings(kfp_host="http://127.0.0.1:9"))


def test_another_server_at_the_address_is_explained(server, profile):
    host = f"http://127.0.0.1:{server.server_port}/somewhere"
    with pytest.raises(StoreError, match=r"404.*not the address"):
        submit(profile, Settings(kfp_host=host, kfp_token=TOKEN))


def test_no_address_is_the_users_fault(profile):
    with pytest.raises(ConfigError, match="PULIH_KFP_HOST"):
        submit(profile, Settings())


def test_pods_of_the_run_get_the_account_that_the_settings_name(server, profile):
    submit(profile, settings(server, kfp_token=TOKEN, kfp_service_account="pulih-pipeline"))
    assert server.posted[-1][1]["service_account"] == "pulih-pipeline"
