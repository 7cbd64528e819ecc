"""Trainings as TrainJobs: Kubeflow Trainer, JobSet and Kubernetes make the pods, whose processes really train.

Played is the node: the pods' processes run on this machine, where the first node's name is loopback's address.
"""

import json
import os
import signal
import subprocess
import sys

import helm_python
import pytest
import yaml
from checks.rendering import CHART
from conftest import DEFINITIONS, define, established
from plane.api import environment, until
from plane.control_plane import LEASH
from plane.node import Node
from plane.trainer import Manager

from pulih.common import launch
from pulih.common.errors import ClusterError
from pulih.common.files import write_json
from pulih.common.settings import Settings
from pulih.data import manifest
from pulih.recognizer.config import Curriculum, RecognizerConfig
from pulih.stores.cluster import PODS, TRAIN_JOBS
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url
from pulih.trainjob import stage
from pulih.trainjob.config import Backend, TrainJobConfig
from pulih.trainjob.watching import TrainingFailed

NAMESPACE = "trainjobs"
CRDS = ("trainer_trainjobs", "trainer_trainingruntimes", "trainer_clustertrainingruntimes", "argo_workflows")
SMALL = {
    "channels": 8, "hidden": 48, "depth": 1, "batch_size": 4, "warmup_steps": 2, "validation_interval": 4,
    "checkpoint_interval": 2, "processes": 1, "threads": 1, "curriculum": Curriculum(start=0.5, steps=4),
}  # fmt: skip
NODES = TrainJobConfig(nodes=2, gpus=0, cpu="500m", memory="1Gi", poll_seconds=0.3)
DRIVER = """
import sys
from pathlib import Path
from pulih.common.config import build_config, read_json
from pulih.common.errors import PulihError
from pulih.recognizer.config import RecognizerConfig
from pulih.trainjob import stage
from pulih.trainjob.config import Backend

config, lines, output, backend = sys.argv[1:]
place = build_config(Backend, read_json(Path(backend)))
try:
    stage.train("recognizer", build_config(RecognizerConfig, read_json(Path(config))), {"lines": Path(lines)},
                Path(output), place)
except PulihError as err:
    print(err)
    sys.exit(err.exit_code)
"""


@pytest.fixture(scope="module")
def surroundings(s3_server, tmp_path_factory):
    runs = tmp_path_factory.mktemp("trainjobs")
    bucket = {"PULIH_S3_BUCKET": "models", "PULIH_CHECKPOINTS": "s3://models/checkpoints"}
    with environment(**(s3_server.settings() | bucket), PULIH_RUNS_DIR=str(runs), PULIH_S3_RETRIES="0"):
        yield runs


@pytest.fixture(scope="module")
def controllers(api, tmp_path_factory):
    define(api, CRDS)
    jobset = yaml.safe_load((api.plane.binaries / "jobset-crd.yaml").read_text())
    api.cluster().apply(DEFINITIONS, jobset)
    until(lambda: established(api.cluster(), jobset["metadata"]["name"]), 600, "the definition of JobSet")
    folder = tmp_path_factory.mktemp("controllers")
    started = [Manager(api, folder / name, name) for name in ("jobset", "trainer")]
    for manager in started:
        manager.start()
    yield
    for manager in started:
        manager.stop()


@pytest.fixture(scope="module")
def node(api, plane, controllers, surroundings, s3_server, tmp_path_factory):
    """The chart in a namespace where Pod Security is enforced, and a node that runs its pods as processes."""
    api.namespace(NAMESPACE, **{"pod-security.kubernetes.io/enforce": "restricted"})
    access, secret = s3_server.keys
    storage = {"endpoint": s3_server.endpoint, "secure": False, "accessKey": access, "secretKey": secret}
    storage["buckets"] = {"pulih": "models", "serving": "models"}
    values = {"storage": storage, "trainjob": {"enabled": True, "restarts": 0}}
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace=NAMESPACE)
    config.install(str(CHART), "pulih", values, namespace=NAMESPACE)
    local = {"PET_MASTER_ADDR": "127.0.0.1", "CUDA_VISIBLE_DEVICES": ""}
    playing = Node(api.cluster(NAMESPACE), tmp_path_factory.mktemp("node"), local)
    playing.start()
    yield playing
    playing.stop()
    config.uninstall("pulih")
    config.close()
    assert playing.errors == []


@pytest.fixture
def pipeline(api, node, tmp_path):
    """The identity of the pods of pipeline runs, as KUBECONFIG; gives its file."""
    api.as_account(tmp_path, NAMESPACE, "pulih-pipeline")
    with environment(KUBECONFIG=str(tmp_path / "pulih-pipeline.kubeconfig")):
        yield tmp_path / "pulih-pipeline.kubeconfig"


@pytest.fixture
def jobs(api):
    cluster = api.cluster(NAMESPACE)
    return lambda: [job["metadata"]["name"] for job in cluster.list(TRAIN_JOBS)]


def train(config, lines, output):
    return stage.train("recognizer", config, {"lines": lines}, output, Backend(kind="trainjob", trainjob=NODES))


def pods_of(node, name):
    return {pod: spec for pod, spec in node.specs.items() if pod.startswith(name)}


@pytest.fixture(scope="module")
def trained(api, node, tiny_lines, tmp_path_factory):
    """A training on two nodes, from the order to the artifact, and what the waiting task printed."""
    folder = tmp_path_factory.mktemp("trained")
    api.as_account(folder, NAMESPACE, "pulih-pipeline")
    config = RecognizerConfig(steps=6, seed=1, **SMALL)
    write_json(folder / "config.json", config.model_dump(mode="json"))
    write_json(folder / "backend.json", Backend(kind="trainjob", trainjob=NODES).model_dump(mode="json"))
    done = subprocess.run(
        driver(folder, tiny_lines), capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "KUBECONFIG": str(folder / "pulih-pipeline.kubeconfig")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return config, folder / "output", done.stdout


def driver(folder, lines):
    (folder / "driver.py").write_text(DRIVER)
    files = [folder / "config.json", lines, folder / "output", folder / "backend.json"]
    return [*LEASH, sys.executable, str(folder / "driver.py"), *map(str, files)]


def started(folder, lines):
    with (folder / "driver.log").open("wb") as log:
        return subprocess.Popen(driver(folder, lines), stdout=log, stderr=subprocess.STDOUT)


def at_work(process, folder, condition):
    """Give the condition, or fail with the driver's words once it has ended."""

    def look():
        assert process.poll() is None, (folder / "driver.log").read_text()[-3000:]
        return condition()

    return look


def test_artifact_of_the_nodes_is_what_one_machine_would_have_sealed(trained, tiny_lines):
    config, output, _ = trained
    sealed = manifest.verify(output, "recognizer")
    assert sealed.config_digest == config.digest()
    assert sealed.parents == {"lines": manifest.read_manifest(tiny_lines).digest()}


def test_words_of_the_first_node_are_passed_on_once(trained):
    _, _, told = trained
    assert "recognizer: done, digest" in told
    assert told.count("published at s3://models/trainjobs/recognizer-") == 1


def test_trainer_made_one_pod_per_node_each_with_its_place(trained, node):
    pods = pods_of(node, "pulih-recognizer-")
    first = next(iter(pods)).rsplit("-node-", 1)[0]
    mine = [spec for name, spec in pods.items() if name.startswith(first)]
    told = [{v["name"]: v.get("value") for v in s["spec"]["containers"][0]["env"]} for s in mine]
    assert [(one["PET_NNODES"], one["PET_NPROC_PER_NODE"]) for one in told] == [("2", "1")] * 2
    indices = {s["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for s in mine}
    assert indices == {"0", "1"}
    assert all(s["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "500m", "memory": "1Gi"} for s in mine)


@pytest.mark.skipif(not hasattr(launch, "Nodes"), reason="launch does not know of several nodes yet")
def test_processes_of_both_nodes_were_one_group(trained, node):
    logs = {path.name for path in node._folder.rglob("train-*.log")}
    assert logs == {"train-0.log", "train-1.log"}


def test_finished_training_leaves_no_job_and_is_only_fetched_again(trained, pipeline, jobs, tiny_lines, tmp_path):
    config, output, _ = trained
    assert jobs() == []
    again = train(config, tiny_lines, tmp_path / "again")
    assert again.digest() == manifest.read_manifest(output).digest()
    assert jobs() == []


def test_failure_carries_the_end_of_the_log(pipeline, jobs, tiny_lines, tmp_path):
    config = RecognizerConfig(steps=6, seed=2, **(SMALL | {"batch_size": 4096}))
    with pytest.raises(TrainingFailed) as caught:
        train(config, tiny_lines, tmp_path / "output")
    told = str(caught.value)
    assert "is failed" in told
    assert "exit code" in told
    assert "-- node 0 (pulih-recognizer-" in told
    assert "4096" in told, "what the node itself said"
    assert not (tmp_path / "output").exists()
    assert len(jobs()) == 1, "a failed TrainJob stays to be looked at"


def test_sigterm_deletes_the_job_and_the_next_task_goes_on_from_the_checkpoint(
    node, pipeline, jobs, tiny_lines, tmp_path
):
    config = RecognizerConfig(steps=4000, seed=3, **SMALL)
    write_json(tmp_path / "config.json", config.model_dump(mode="json"))
    write_json(tmp_path / "backend.json", Backend(kind="trainjob", trainjob=NODES).model_dump(mode="json"))
    store, before = ObjectStore.from_settings(Settings()), set(jobs())
    kept = S3Url("models", "checkpoints")
    process = started(tmp_path, tiny_lines)
    try:
        until(at_work(process, tmp_path, lambda: store.list(kept)), 300, "a checkpoint in the store")
        process.send_signal(signal.SIGTERM)
        code = process.wait(600)
    finally:
        process.kill()
    told = (tmp_path / "driver.log").read_text()
    assert code == 143, told[-3000:]
    assert "was deleted; run the task again" in told
    until(lambda: set(jobs()) == before, 300, "the end of the TrainJob")
    until(lambda: not [p for p in node._cluster.list(PODS) if "deletionTimestamp" in p["metadata"]], 600, "saved pods")
    seen = set(node.running)
    process = started(tmp_path, tiny_lines)
    try:
        until(at_work(process, tmp_path, lambda: goes_on(node, seen)), 300, "a pod that goes on from the checkpoint")
        process.send_signal(signal.SIGTERM)
        process.wait(600)
    finally:
        process.kill()


def goes_on(node, former):
    fresh = [one for name, one in list(node.running.items()) if name not in former]
    return any("continuing from the checkpoint at" in line for one in fresh for _, line in one.lines)


def test_key_of_the_store_is_in_no_object_log_or_stored_file(trained, api, node, s3_server):
    _, planted = s3_server.keys
    cluster, store = api.cluster(NAMESPACE), ObjectStore.from_settings(Settings())
    kinds = {kind: resource for (_, kind), resource in api.kinds().items() if resource.namespaced and kind != "Secret"}
    objects = {kind: json.dumps(cluster.list(resource)) for kind, resource in kinds.items()}
    assert NAMESPACE in objects["ConfigMap"]
    assert [kind for kind, text in objects.items() if planted in text] == []
    assert [name for name, pod in node.specs.items() if planted in json.dumps(pod)] == []
    lines = [line for one in node.running.values() for _, line in one.lines]
    assert lines
    assert planted not in "".join(lines) + trained[2]
    stored = store.list(S3Url("models", "trainjobs"))
    assert any(one.url.name == "task.json" for one in stored)
    assert [str(one.url) for one in stored if planted.encode() in store.read(one.url)] == []


def test_place_of_the_nodes_reaches_their_pods(api, node):
    from pulih.trainjob.job import manifest_of

    wishes = {"node_selector": {"accelerator": "a100"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    made = manifest_of("pulih-placed", S3Url("models", "none"), TrainJobConfig(nodes=1, gpus=2, **wishes))
    cluster = api.cluster(NAMESPACE)
    cluster.apply(TRAIN_JOBS, made)
    try:
        spec = until(lambda: next(iter(pods_of(node, "pulih-placed").values()), None), 600, "a pod")["spec"]
    finally:
        cluster.delete(TRAIN_JOBS, "pulih-placed")
    assert spec["nodeSelector"]["accelerator"] == "a100"
    assert {"key": "gpu", "operator": "Exists"} in spec["tolerations"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "2"


def test_missing_runtime_is_explained_before_anything_is_made(api, surroundings, tiny_lines, tmp_path):
    api.namespace("without-runtime")
    backend = Backend(kind="trainjob", trainjob=NODES.model_copy(update={"namespace": "without-runtime"}))
    with (
        environment(KUBECONFIG=str(api.plane.kubeconfig)),
        pytest.raises(ClusterError, match=r"trainjob\.enabled=true"),
    ):
        stage.train("recognizer", RecognizerConfig(seed=9, **SMALL), {"lines": tiny_lines}, tmp_path / "out", backend)
    assert api.cluster("without-runtime").list(TRAIN_JOBS) == []
