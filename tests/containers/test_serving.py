"""The endpoint's image as a pod of the chart's runtime, by ``podman kube play``: it answers V2 and V1."""

import copy
import io
import json

import numpy as np
import pytest
import yaml
from checks.rendering import EVERYTHING, objects, one
from engine.podman import SERVING, USER, until
from engine.surroundings import HOST, ROOT, free_port
from PIL import Image, ImageDraw

from pulih.data.images import LIMITS
from pulih.deployment.client import MODEL, Client
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer

RELEASED = ROOT / "src" / "pulih" / "released" / "restorer"


def deployment(port, scratch, label):
    """Return a Deployment whose pod is the one of the chart's ServingRuntime, with the model where KServe puts it."""
    runtime = copy.deepcopy(one(objects(EVERYTHING), "ServingRuntime")["spec"])
    [container] = runtime["containers"]
    container["args"] = [a.replace("{{.Name}}", MODEL).replace("8080", str(port)) for a in container["args"]]
    container["image"] = SERVING
    container["volumeMounts"].append({"name": "model", "mountPath": "/mnt/models", "readOnly": True})
    # This podman has no emptyDir; probes need a kubelet, and the port is the machine's.
    volumes = [
        {"name": "tmp", "hostPath": {"path": str(scratch)}},
        {"name": "model", "hostPath": {"path": str(RELEASED)}},
    ]
    for name in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "ports"):
        container.pop(name, None)
    labels = {"app": "endpoint"} | dict([label])
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": volumes}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "endpoint"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


@pytest.fixture(scope="module")
def client(podman, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("pod"), free_port()
    scratch = folder / "tmp"
    scratch.mkdir()
    scratch.chmod(0o777)
    (folder / "pod.yaml").write_text(yaml.safe_dump(deployment(port, scratch, podman.label)))
    podman("kube", "play", "--network=host", folder / "pod.yaml")
    endpoint = Client(HOST, port, 60.0)
    until(endpoint.is_ready, 900, "the endpoint")
    yield endpoint
    podman("kube", "down", folder / "pod.yaml")


@pytest.fixture(scope="module")
def container(podman, client):
    found = json.loads(podman("inspect", *podman("ps", "--quiet", "--filter=pod=endpoint-pod-0").split()))
    return next(c for c in found if c["ImageName"] == SERVING)


@pytest.fixture(scope="module")
def page():
    picture = Image.new("RGB", (640, 480), (230, 220, 200))
    pen = ImageDraw.Draw(picture)
    for row in range(60, 440, 60):
        pen.text((40, row), "Compareerde voor mij Jan Pietersz.", fill=(90, 60, 40), font_size=32)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), np.int16)


def test_the_pod_answers_v2_with_what_the_model_gives_here(client, page):
    assert client.server_metadata()["name"] == "kserve"
    assert client.model_metadata()["name"] == MODEL
    answer = pixels(client.restore_v2(page).png)
    here, _ = restore_bytes(page, "page", Restorer.load(RELEASED, 1), "keep", LIMITS)
    assert answer.shape == (480, 640)
    assert np.abs(answer - pixels(page)).max() > 20, "it is no echo"
    assert np.abs(answer - pixels(here)).max() <= 1


def test_the_pod_answers_v1_alike(client, page):
    assert np.array_equal(pixels(client.restore_v1(page).png), pixels(client.restore_v2(page).png))


def test_the_pod_has_no_root_no_capability_no_writable_root_and_its_limits(podman, container):
    assert container["HostConfig"]["ReadonlyRootfs"]
    assert container["EffectiveCaps"] in (None, [])
    assert container["HostConfig"]["Memory"] == 2 * 2**30
    told = podman("exec", container["Id"], "python", "-c", "import os; print(os.getuid(), os.getgid())").split()
    assert told == USER.split(":")
    status = podman("exec", container["Id"], "cat", "/proc/1/status")
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    refused = podman.try_("exec", container["Id"], "python", "-c", "open('/opt/pulih/x', 'w')")
    assert "Read-only file system" in refused.stderr
