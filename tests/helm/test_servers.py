"""The chart's own store and MLflow server: keys made once, and the real programs start with the rendered arguments."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import helm_python
import pytest
from checks.rendering import CHART, STORE, objects, one, templates, values_of

from pulih.common.settings import Settings
from pulih.doctor.connections import check_mlflow, check_s3

TRIAL = values_of(CHART / "values" / "trial.yaml")
LEASH = ["setpriv", "--pdeathsig", "TERM"]


def container(name, values=TRIAL):
    return one(objects(values), "Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def free_ports(count):
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in opened]
    for each in opened:
        each.close()
    return ports


def started(command, environment, log):
    with log.open("wb") as output:
        return subprocess.Popen([*LEASH, *command], env=environment, stdout=output, stderr=subprocess.STDOUT)


def until(check, process, log, seconds):
    deadline = time.monotonic() + seconds
    while (found := check()).state != "ok":
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, f"{found}\n{log.read_text()[-3000:]}"
        time.sleep(0.3)


def test_everything_that_names_the_store_names_the_own_one():
    told = one(objects(TRIAL), "ConfigMap", "pulih-storage")["data"]
    assert told["PULIH_S3_ENDPOINT"] == "pulih-s3.pulih.svc:8333"
    assert (told["PULIH_S3_SECURE"], told["AWS_ENDPOINT_URL"]) == ("false", "http://pulih-s3.pulih.svc:8333")
    assert told["PULIH_MLFLOW_URI"] == "http://pulih-mlflow.pulih.svc:5000"
    assert "PULIH_MLFLOW_ARTIFACTS" not in told, "the server itself knows where artifacts go"
    secret = one(objects(TRIAL), "Secret")
    assert secret["metadata"]["annotations"]["serving.kserve.io/s3-endpoint"] == "pulih-s3.pulih.svc:8333"
    assert secret["metadata"]["annotations"]["serving.kserve.io/s3-usehttps"] == "0"


def test_keys_are_made_at_random_and_stand_only_in_the_secret():
    first, second = (one(objects(TRIAL), "Secret")["stringData"] for _ in range(2))
    assert re.fullmatch(r"[A-Za-z0-9]{20}", first["AWS_ACCESS_KEY_ID"])
    assert re.fullmatch(r"[A-Za-z0-9]{40}", first["AWS_SECRET_ACCESS_KEY"])
    assert first["PULIH_S3_SECRET_KEY"] == first["AWS_SECRET_ACCESS_KEY"] != second["AWS_SECRET_ACCESS_KEY"]
    rendered = templates(TRIAL)
    key = re.search(r'AWS_SECRET_ACCESS_KEY: "(\w{40})"', rendered["templates/common/secret.yaml"])[1]
    assert [path for path, text in rendered.items() if key in text] == ["templates/common/secret.yaml"]


def test_own_store_takes_the_keys_of_an_existing_secret_too():
    values = {**TRIAL, "storage": {"existingSecret": "mine"}}
    references = [
        v["valueFrom"]["secretKeyRef"]["name"] for v in container("pulih-s3", values)["env"] if "valueFrom" in v
    ]
    assert references == ["mine", "mine"]
    assert [o for o in objects(values) if o["kind"] == "Secret"] == []


def test_a_store_that_is_named_goes_before_the_own_one():
    told = one(objects({**STORE, "seaweedfs": {"enabled": True}}), "ConfigMap", "pulih-storage")["data"]
    assert told["PULIH_S3_ENDPOINT"] == "s3.store:8333"


def test_mlflow_server_needs_a_store():
    with pytest.raises(helm_python.HelmError, match=r"seaweedfs\.enabled for mlflow\.server\.enabled"):
        templates({"mlflow": {"server": {"enabled": True}}})


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store as the chart starts it, but for its ports and its folder."""
    own = container("pulih-s3")
    names = [f"{part}.port{kind}" for part in ("master", "volume", "filer", "admin") for kind in ("", ".grpc")]
    ports = dict(zip(["s3.port", "s3.port.grpc", *names], free_ports(10), strict=True))
    arguments = [argument for argument in own["args"] if not argument.startswith("-s3.port=")]
    arguments = [argument.replace("/data", str(tmp_path / "data")) for argument in arguments]
    (tmp_path / "data").mkdir()
    command = [str(Path(sys.executable).with_name(own["command"][0])), *arguments]
    command += [f"-{name}={port}" for name, port in ports.items()]
    keys = {"AWS_ACCESS_KEY_ID": "trial", "AWS_SECRET_ACCESS_KEY": "trial-secret-0123456789"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), **keys}
    process = started(command, environment, tmp_path / "weed.log")
    told = one(objects(TRIAL), "ConfigMap", "pulih-storage")["data"]
    told |= {"PULIH_S3_ENDPOINT": f"127.0.0.1:{ports['s3.port']}"}
    told |= {"PULIH_S3_ACCESS_KEY": "trial", "PULIH_S3_SECRET_KEY": keys["AWS_SECRET_ACCESS_KEY"]}
    for name in (name for name in told if name.startswith("PULIH_") and name != "PULIH_MLFLOW_URI"):
        monkeypatch.setenv(name, told[name])
    yield process, tmp_path / "weed.log", told | keys
    process.terminate()
    process.wait(30)


def test_store_starts_with_the_rendered_arguments_and_has_the_buckets(store):
    process, log, _ = store
    until(lambda: check_s3(Settings()), process, log, 60)
    from pulih.stores.s3 import ObjectStore

    assert {"pulih", "pulih-serving"} <= set(ObjectStore.from_settings(Settings()).buckets())


@pytest.mark.slow
def test_mlflow_server_starts_with_the_rendered_arguments_and_answers_by_its_names(store, tmp_path, monkeypatch):
    process, log, told = store
    until(lambda: check_s3(Settings()), process, log, 60)
    own, [port] = container("pulih-mlflow"), free_ports(1)
    arguments = [a.replace("/data", str(tmp_path)).replace("--port=5000", f"--port={port}") for a in own["args"]]
    arguments = [a.replace("localhost:5000", f"localhost:{port}") for a in arguments]
    told |= {"AWS_ENDPOINT_URL": f"http://{told['PULIH_S3_ENDPOINT']}"}
    told |= {"AWS_ENDPOINT_URL_S3": told["AWS_ENDPOINT_URL"], "MLFLOW_S3_ENDPOINT_URL": told["AWS_ENDPOINT_URL"]}
    variables = {one["name"]: one["value"] for one in own["env"]}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **told, **variables}
    served = started([str(Path(sys.executable).with_name("mlflow")), *arguments], environment, tmp_path / "mlflow.log")
    try:
        monkeypatch.setenv("PULIH_MLFLOW_URI", f"http://localhost:{port}")
        until(lambda: check_mlflow(Settings()), served, tmp_path / "mlflow.log", 240)
        probe = own["readinessProbe"]["httpGet"]
        assert status(port, probe["path"], probe["httpHeaders"][0]["value"]) == 200
        assert status(port, "/api/2.0/mlflow/experiments/search?max_results=1", "pulih-mlflow.pulih.svc:5000") == 200
        assert status(port, "/api/2.0/mlflow/experiments/search?max_results=1", "stranger.example") == 403
    finally:
        served.terminate()
        served.wait(60)


def status(port, path, host):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": host})
    return connection.getresponse().status
