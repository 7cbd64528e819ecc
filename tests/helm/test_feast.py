"""Feast's server and the drift check share one repository, and Feast's own program serves it as rendered."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from checks.rendering import EVERYTHING, objects, one
from test_servers import free_ports, started

from pulih.common.settings import Settings
from pulih.drift.repository import page_repository
from pulih.features.catalogue import CODE, ENTITY, NAMES, SERVICE


def pod(kind, name, found):
    spec = one(found, kind, name)["spec"]
    return (spec["jobTemplate"]["spec"] if kind == "CronJob" else spec)["template"]["spec"]


def with_feast(**feast):
    return objects({**EVERYTHING, "feast": {"enabled": True, **feast}})


def claim(spec):
    [volume] = [v for v in spec["volumes"] if v["name"] == "features"]
    return volume["persistentVolumeClaim"]["claimName"]


def mount(container):
    [found] = [m for m in container["volumeMounts"] if m["name"] == "features"]
    return found


def repository_of(container):
    return {v["name"]: v.get("value") for v in container["env"]}["PULIH_FEAST_REPO"]


@pytest.mark.parametrize(("existing", "name"), [("", "pulih-feast"), ("archive", "archive")])
def test_server_and_drift_check_share_the_repository_and_only_the_check_writes(existing, name):
    found = with_feast(existingClaim=existing)
    server, check = pod("Deployment", "pulih-feast", found), pod("CronJob", "pulih-drift", found)
    assert (claim(server), claim(check)) == (name, name)
    [first], [serving], [drift] = server["initContainers"], server["containers"], check["containers"]
    folder = repository_of(drift)
    assert repository_of(first) == folder
    assert serving["args"][0] == f"--chdir={folder}"
    assert [Path(folder).is_relative_to(mount(c)["mountPath"]) for c in (first, serving, drift)] == [True] * 3
    assert [mount(c).get("readOnly", False) for c in (first, serving, drift)] == [False, True, False]
    made = {o["metadata"]["name"] for o in found if o["kind"] == "PersistentVolumeClaim"}
    assert ("pulih-feast" in made) == (not existing)


def test_drift_check_goes_to_the_node_of_a_volume_that_is_on_one_only():
    found = with_feast()
    [rule] = pod("CronJob", "pulih-drift", found)["affinity"]["podAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    labels = one(found, "Deployment", "pulih-feast")["spec"]["template"]["metadata"]["labels"]
    assert rule["labelSelector"]["matchLabels"].items() <= labels.items()
    assert "affinity" not in pod("CronJob", "pulih-drift", with_feast(accessMode="ReadWriteMany"))


def test_nothing_of_it_is_there_unless_asked_for():
    without = objects({name: part for name, part in EVERYTHING.items() if name != "feast"})
    assert [o["metadata"]["name"] for o in without if "feast" in o["metadata"]["name"]] == []
    check = pod("CronJob", "pulih-drift", without)
    assert "PULIH_FEAST_REPO" not in {v["name"] for v in check["containers"][0]["env"]}
    assert "features" not in {v["name"] for v in check["volumes"]}


@pytest.fixture
def server(tmp_path):
    """Feast's server as the chart starts it, but for its port and the place of the volume."""
    spec, [port] = pod("Deployment", "pulih-feast", with_feast()), free_ports(1)
    [first], [serving] = spec["initContainers"], spec["containers"]
    folder = Path(str(tmp_path) + repository_of(first))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PULIH_FEAST_REPO": str(folder)}
    command = [sys.executable, *first["command"][1:]]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, timeout=240)
    changed = {
        "--port=6566": f"--port={port}",
        serving["args"][0]: f"--chdir={folder}",
        "--host=0.0.0.0": "--host=127.0.0.1",
    }
    arguments = [changed.get(argument, argument) for argument in serving["args"]]
    program = Path(sys.executable).with_name(serving["command"][0])
    process = started([str(program), *arguments], environment, tmp_path / "feast.log")
    address, path = f"http://127.0.0.1:{port}", serving["readinessProbe"]["httpGet"]["path"]
    try:
        until_ready(address + path, process, tmp_path / "feast.log")
        yield folder, address
    finally:
        process.terminate()
        process.wait(60)


def until_ready(address, process, log, seconds=240):
    deadline = time.monotonic() + seconds
    while True:
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except OSError:
            time.sleep(0.3)


def ask(address, pages):
    body = json.dumps({"feature_service": SERVICE, "entities": {ENTITY: pages}}).encode()
    request = urllib.request.Request(
        f"{address}/get-online-features", body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    names = found["metadata"]["feature_names"]
    return {name: result["values"] for name, result in zip(names, found["results"], strict=True)}


@pytest.mark.slow
def test_server_starts_on_an_empty_volume_and_answers_with_what_a_check_adds_later(server):
    folder, address = server
    assert ask(address, ["a"])["slant"] == [None]
    rows = pd.DataFrame(
        {ENTITY: ["a", "b"], "event_timestamp": pd.Timestamp(datetime(2026, 1, 1, tzinfo=UTC)), CODE: "c"}
    )
    rows = rows.assign(**{name: [float(place), -1.5] for place, name in enumerate(NAMES)})
    with page_repository(Settings(feast_repo=folder)) as repository:
        repository.add(rows)
    found = ask(address, ["b", "stranger", "a"])
    assert {name: found[name] for name in NAMES} == {
        name: [-1.5, None, float(place)] for place, name in enumerate(NAMES)
    }
