"""What the chart asks of the endpoint, asked of a real server: probes, metrics and the pod of ``helm test``."""

import subprocess
import sys
import urllib.request

import pytest
from checks.rendering import EVERYTHING, endpoint, objects, one

from pulih.deployment.server import Patience, running_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(blur_restorer, tmp_path_factory):
    log = tmp_path_factory.mktemp("endpoint") / "server.log"
    with running_server(blur_restorer, log, Patience(), ("threads=1",)) as running:
        yield f"http://127.0.0.1:{running.client.port}"


def test_probes_and_metrics_are_answered(address):
    [container] = one(objects(EVERYTHING), "ServingRuntime")["spec"]["containers"]
    [scrape] = one(objects(EVERYTHING), "ServiceMonitor")["spec"]["endpoints"]
    paths = [container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")]
    for path in [*paths, scrape["path"]]:
        with urllib.request.urlopen(address + path, timeout=10) as answer:
            assert answer.status == 200
    assert scrape["port"] == container["ports"][0]["name"]


def helm_test(url):
    [container] = one(objects(EVERYTHING), "Pod")["spec"]["containers"]
    assert container["command"] == ["python", "-c"]
    command = [sys.executable, "-c", *container["args"]]
    return subprocess.run(command, env={"MODEL_URL": url}, capture_output=True, text=True, check=False, timeout=120)


def test_helm_test_passes_where_pages_are_restored(address):
    done = helm_test(f"{address}/v1/models/restorer")
    assert done.returncode == 0, done.stderr
    assert "restored a page with model" in done.stdout


def test_helm_test_fails_where_there_is_no_such_model(address):
    done = helm_test(f"{address}/v1/models/other")
    assert done.returncode != 0
    assert "404" in done.stderr


def test_helm_test_calls_the_service_that_kserve_makes():
    found = objects(EVERYTHING)
    service = endpoint(found)["metadata"]["name"]
    [url] = [v["value"] for v in one(found, "Pod")["spec"]["containers"][0]["env"] if v["name"] == "MODEL_URL"]
    assert url == f"http://{service}-predictor.pulih.svc/v1/models/{service}"
