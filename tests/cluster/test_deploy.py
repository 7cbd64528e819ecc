"""`pulih deploy` and `pulih rollback` against a real API server, store, registry and model servers.

KServe's controller is played (``plane.kserve``); whoever deploys is the chart's own service account.
"""

import contextlib
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time

import helm_python
import pytest
from checks.rendering import CHART
from plane.api import environment, until
from plane.kserve import KServe
from plane.registry import MODEL, Registry
from plane.servers import Servers, own_address

from pulih.cli import main
from pulih.common.config import build_config
from pulih.common.errors import ArtifactError, ClusterError
from pulih.common.settings import Settings
from pulih.data.manifest import write_manifest
from pulih.deployment import takeover
from pulih.deployment.config import Takeover
from pulih.deployment.ledger import Ledger
from pulih.deployment.rollout import RolloutFailed
from pulih.registry.config import RegistryConfig
from pulih.stores.cluster import CONFIG_MAPS, INFERENCE_SERVICES, SECRETS
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url

NAMESPACE = "deployments"
QUICK = ("poll_seconds=0.1", "pause_seconds=0", "ready_seconds=1800", "pages=1")
MLFLOW_VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


@pytest.fixture(scope="module")
def surroundings(s3_server, tmp_path_factory):
    """Variables of a user: the store, and a local registry."""
    for name in MLFLOW_VARIABLES:
        os.environ.pop(name, None)
    runs = tmp_path_factory.mktemp("deployments")
    with environment(**s3_server.settings(), PULIH_RUNS_DIR=str(runs), PULIH_S3_RETRIES="0"):
        yield runs


@pytest.fixture(scope="module")
def registry(surroundings, blur_restorer):
    return Registry(surroundings, blur_restorer)


def values(s3_server, **serving):
    access, secret = s3_server.keys
    storage = {"endpoint": s3_server.endpoint, "secure": False, "accessKey": access, "secretKey": secret}
    return {"storage": {**storage, "buckets": {"serving": "models"}}, "serving": serving}


@pytest.fixture(scope="module")
def helm(api, plane, s3_server):
    """Installs the chart in namespaces of its own."""
    made = []

    def install(namespace, **serving):
        api.namespace(namespace)
        config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace=namespace)
        config.install(str(CHART), "pulih", values(s3_server, **serving), namespace=namespace)
        made.append(config)
        return config

    yield install
    for config in made:
        config.uninstall("pulih")
        config.close()


@pytest.fixture(scope="module")
def servers(surroundings, tmp_path_factory):
    if own_address() is None:
        pytest.skip("this machine has no address but loopback, which an API server accepts for no endpoint")
    running = Servers(Settings(), tmp_path_factory.mktemp("servers"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def controlled(api, helm, servers):
    """Installs the chart and plays KServe beside it."""
    playing = []

    def control(namespace, **serving):
        helm(namespace, **serving)
        kserve = KServe(api.cluster(namespace), servers)
        kserve.start()
        playing.append(kserve)
        return kserve

    yield control
    for kserve in playing:
        kserve.stop()
        assert kserve.errors == []


@pytest.fixture(scope="module")
def kserve(controlled):
    return controlled(NAMESPACE)


@pytest.fixture(scope="module")
def deployer(api, kserve, tmp_path_factory):
    """The kubeconfig of the chart's deployer, who may nothing else."""
    folder = tmp_path_factory.mktemp("deployer")
    api.as_account(folder, NAMESPACE, "pulih-deployer")
    return folder / "pulih-deployer.kubeconfig"


def started(kubeconfig, command, *arguments, **variables):
    """The command line as a process of its own; the later of two equal settings counts."""
    code = "import sys; sys.argv[0] = 'pulih'; from pulih.cli import main; main()"
    quick = [part for setting in QUICK for part in ("--set", setting)]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), **variables}
    whole = [sys.executable, "-c", code, command, *quick, *arguments]
    return subprocess.Popen(whole, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def pulih(kubeconfig, command, *arguments, **variables):
    """Run the command line in this process: exit code, what it printed, what it complained about."""
    out, err = io.StringIO(), io.StringIO()
    quick = [part for setting in QUICK for part in ("--set", setting)]
    with (
        environment(KUBECONFIG=str(kubeconfig), **variables),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as left,
    ):
        main([command, *quick, *arguments])
    logging.getLogger().handlers.clear()
    return left.value.code or 0, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def first(registry):
    return registry.approve("first", seed=1)


class Endpoint:
    """What the administrator sees of the endpoint, its ledger and its bucket."""

    def __init__(self, api, namespace=NAMESPACE):
        self.cluster = api.cluster(namespace)
        self.store = ObjectStore.from_settings(Settings())
        self.ledger = Ledger(self.store, S3Url("models", f"restorer/ledger/{namespace}"))

    def found(self):
        return self.cluster.get(INFERENCE_SERVICES, "restorer")

    def version(self):
        return self.found()["metadata"]["annotations"]["pulih/model-version"]

    def history(self):
        return [(entry.action, entry.release.version) for entry in self.ledger.entries()]


@pytest.fixture(scope="module")
def served(api, kserve, deployer, first):
    """The first version, deployed."""
    code, _, complaint = pulih(deployer, "deploy")
    assert code == 0, complaint
    return Endpoint(api)


@pytest.fixture
def endpoint(served, kserve):
    kserve.healthy()
    yield served
    kserve.healthy()


def test_first_deployment_serves_the_champion_from_an_immutable_folder(endpoint, first):
    found = endpoint.found()
    annotations, model = found["metadata"]["annotations"], found["spec"]["predictor"]["model"]
    assert annotations["pulih/model-version"] == first
    assert model["storageUri"] == f"s3://models/restorer/{MODEL}/{first}-{annotations['pulih/model-digest']}"
    manifest = json.loads(endpoint.store.read(S3Url.parse(model["storageUri"]) / "manifest.json"))
    assert manifest["kind"] == "restorer"
    [entry] = endpoint.ledger.entries()
    assert (entry.action, entry.release.decision) == ("deploy", annotations["pulih/decision-digest"])
    assert entry.manifest["spec"]["predictor"]["model"] == model
    assert [m["manager"] for m in found["metadata"]["managedFields"] if "status" not in m.get("subresource", "")] == [
        "pulih"
    ]


def test_next_version_comes_by_canary_steps_and_a_rollback_brings_the_former_back(
    endpoint, kserve, deployer, registry, first
):
    second = registry.approve("second", seed=2)
    code, told, complaint = pulih(deployer, "deploy")
    assert code == 0, complaint
    assert f"serves version {second} of {MODEL}" in told
    former = endpoint.ledger.entries()[0].release.uri
    assert [percent for percent, _ in kserve.seen] == [10, 50, 100]
    assert [uri == former for _, uri in kserve.seen] == [True, True, False], "the stable pods stay until the end"
    assert "canary" not in endpoint.found()["spec"]
    assert endpoint.version() == second
    code, told, _ = pulih(deployer, "rollback")
    assert (code, endpoint.version()) == (0, first)
    assert endpoint.history() == [("deploy", first), ("deploy", second), ("rollback", first)]
    code, _, complaint = pulih(deployer, "rollback")
    assert (code, endpoint.version()) == (2, first)
    assert "a release before the present one" in complaint


@pytest.fixture
def candidate(registry, request):
    """A new champion that nobody deployed yet."""
    number = len(list(registry.folder.glob("restorer-*"))) + 10
    return registry.approve(f"candidate-{number}", seed=number)


def uri_of(deployer):
    code, told, complaint = pulih(deployer, "deploy", "--dry-run")
    assert code == 0, complaint
    return json.loads(told)["release"]["uri"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("failing", "BlockedByFailedLoad: ModelLoadFailed no such opset"),
        ("silent", "ready within 3 s; found Ready is False"),
        ("exchanged", "an answer of restorer"),
    ],
)
def test_a_canary_that_is_not_fit_leaves_the_endpoint_as_it_was(endpoint, kserve, deployer, candidate, fault, reason):
    before = endpoint.found()["spec"]
    uri = uri_of(deployer)
    if fault == "exchanged":
        kserve.exchanged = {uri: before["predictor"]["model"]["storageUri"]}
    else:
        getattr(kserve, fault).add(uri)
    slow = ("--set", "ready_seconds=3") if fault == "silent" else ()
    code, _, complaint = pulih(deployer, "deploy", *slow)
    assert code == 1
    assert reason in complaint
    assert "serves what it served before" in complaint
    assert endpoint.found()["spec"] == before
    assert endpoint.history()[-1] == ("failed", candidate)
    assert 50 not in [percent for percent, _ in kserve.seen]


def test_a_first_deployment_that_fails_leaves_no_endpoint(api, controlled, registry, tmp_path, candidate):
    kserve = controlled("firsts")
    api.as_account(tmp_path, "firsts", "pulih-deployer")
    kubeconfig = tmp_path / "pulih-deployer.kubeconfig"
    kserve.failing.add(uri_of(kubeconfig))
    code, _, complaint = pulih(kubeconfig, "deploy")
    assert code == 1
    assert "There was no endpoint before" in complaint
    until(lambda: api.cluster("firsts").get(INFERENCE_SERVICES, "restorer") is None, 20, "an empty namespace")


def test_dry_run_shows_every_object_and_changes_nothing(endpoint, deployer, candidate):
    before = endpoint.found()["metadata"]["resourceVersion"]
    code, told, _ = pulih(deployer, "deploy", "--dry-run")
    stages = json.loads(told)["stages"]
    assert (code, [stage["traffic"] for stage in stages]) == (0, [10, 50, 100])
    assert stages[0]["manifest"]["spec"]["canary"][0]["trafficPercent"] == 10
    assert endpoint.found()["metadata"]["resourceVersion"] == before
    assert endpoint.store.list(S3Url.parse(json.loads(told)["release"]["uri"])) == []


def test_a_stopped_deployment_puts_the_endpoint_back_first(endpoint, kserve, deployer, candidate):
    before = endpoint.found()["spec"]
    process = started(deployer, "deploy", "--set", "pause_seconds=300")
    until(lambda: endpoint.found()["spec"].get("canary"), 240, "a canary")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=900)
    assert process.returncode == 143
    assert endpoint.found()["spec"] == before
    assert endpoint.history()[-1] == ("failed", candidate)


def test_after_a_killed_deployment_the_next_one_starts_from_what_was_served(endpoint, kserve, deployer, candidate):
    process = started(deployer, "deploy", "--set", "pause_seconds=300")
    until(lambda: endpoint.found()["spec"].get("canary"), 240, "a canary")
    process.kill()
    process.communicate(timeout=900)
    entries = len(endpoint.history())
    code, _, complaint = pulih(deployer, "deploy")
    assert code == 0, complaint
    assert (endpoint.version(), "canary" in endpoint.found()["spec"]) == (candidate, False)
    assert len(endpoint.history()) == entries + 1


def test_settings_of_the_chart_reach_the_endpoint_with_the_next_deployment(endpoint, api, plane, deployer):
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace=NAMESPACE)
    config.upgrade(str(CHART), "pulih", {"serving": {"replicas": {"max": 2}}}, namespace=NAMESPACE, reuse_values=True)
    config.close()
    assert endpoint.found()["spec"]["predictor"]["maxReplicas"] == 3
    assert pulih(deployer, "deploy")[0] == 0
    assert endpoint.found()["spec"]["predictor"]["maxReplicas"] == 2


def secret_without(endpoint, key):
    found = endpoint.cluster.get(SECRETS, "pulih-storage")
    endpoint.cluster.delete(SECRETS, "pulih-storage")
    until(lambda: endpoint.cluster.get(SECRETS, "pulih-storage") is None, 600, "no secret")
    kept = {name: value for name, value in found["data"].items() if name != key}
    metadata = {"name": "pulih-storage", "annotations": found["metadata"]["annotations"]}
    made = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": kept}
    if key:
        endpoint.cluster.request("POST", SECRETS.path(NAMESPACE), made)
    return {**made, "data": found["data"]}


@pytest.mark.parametrize(
    ("key", "message"), [("", "the Secret pulih-storage with the store's keys"), ("AWS_ACCESS_KEY_ID", "no AWS_ACCESS")]
)
def test_a_missing_or_incomplete_secret_stops_before_anything_changes(endpoint, deployer, key, message):
    before, whole = endpoint.found(), secret_without(endpoint, key)
    try:
        code, _, complaint = pulih(deployer, "deploy")
    finally:
        endpoint.cluster.delete(SECRETS, "pulih-storage")
        until(lambda: endpoint.cluster.get(SECRETS, "pulih-storage") is None, 600, "no secret")
        endpoint.cluster.request("POST", SECRETS.path(NAMESPACE), whole)
    assert (code, endpoint.found()) == (2, before)
    assert message in complaint


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (("--alias", "challenger"), {}, "with the alias 'challenger'"),
        (("--model", "unknown"), {}, "a version of unknown"),
        ((), {"PULIH_S3_ENDPOINT": "127.0.0.1:9"}, "nothing that accepts a connection"),
        ((), {"PULIH_S3_SECRET_KEY": "another"}, "PULIH_S3_SECRET_KEY"),
        (("--release", "other"), {}, r"403|ConfigMap other-endpoint"),
        (("--namespace", "default"), {}, "403"),
        (("--context", "unknown"), {}, "--context"),
        (("--set", "steps=[50,10]"), {}, "more traffic than the one before"),
    ],
)
def test_whatever_is_wrong_is_said_and_the_endpoint_is_not_touched(endpoint, deployer, arguments, variables, message):
    before, history = endpoint.found(), endpoint.history()
    code, _, complaint = pulih(deployer, "deploy", *arguments, **variables)
    assert code == 2
    assert re.search(message, complaint), complaint
    assert (endpoint.found(), endpoint.history()) == (before, history)


def test_a_version_that_the_gate_refused_is_not_deployed_under_any_alias(endpoint, deployer, registry):
    before = endpoint.found()
    registry.smuggle("refused", 90, "risky")
    code, _, complaint = pulih(deployer, "deploy", "--alias", "risky")
    assert (code, endpoint.found()) == (3, before)
    assert "the gate refused version" in complaint


def test_an_exchanged_artifact_is_not_deployed(endpoint, deployer, registry):
    before = endpoint.found()
    registry.smuggle("exchanged", 91, "exchanged", **{"pulih.restorer": "000000000000"})
    code, _, complaint = pulih(deployer, "deploy", "--alias", "exchanged")
    assert (code, endpoint.found()) == (2, before)
    assert "that version" in complaint
    assert "was registered with; found one of digest" in complaint


def test_a_folder_with_another_model_is_neither_served_nor_overwritten(endpoint, deployer, candidate):
    before, place = endpoint.found(), S3Url.parse(uri_of(deployer)) / "manifest.json"
    foreign = endpoint.store.read(S3Url.parse(before["spec"]["predictor"]["model"]["storageUri"]) / "manifest.json")
    endpoint.store.write(foreign, place)
    code, _, complaint = pulih(deployer, "deploy")
    kept = endpoint.store.read(place)
    endpoint.store.delete(place)
    assert (code, endpoint.found(), kept) == (2, before, foreign)
    assert "another content" in complaint


def changed(endpoint, change):
    """Change the endpoint past `pulih deploy`, as `kubectl edit` would, and give what brings it back."""
    found = endpoint.found()
    former = json.loads(json.dumps(found["spec"]))
    change(found["spec"])
    path = INFERENCE_SERVICES.path(NAMESPACE, "restorer")
    endpoint.cluster.request("PUT", path, found)

    def undo():
        """Put the object back; between reading and writing the controller may have written its status."""
        for _ in range(20):
            with contextlib.suppress(ClusterError):
                endpoint.cluster.request("PUT", path, {**endpoint.found(), "spec": former})
                return
        raise AssertionError("the endpoint could not be put back")

    return undo


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda spec: spec["predictor"].update(canaryTrafficPercent=20), "which KServe ignores in Standard mode"),
        (lambda spec: spec["predictor"]["model"].update(storageUri="s3://models/other"), "past `pulih deploy`"),
    ],
)
def test_an_endpoint_that_others_changed_is_refused_with_the_reason(
    endpoint, kserve, deployer, candidate, change, message
):
    kserve.silent.add("s3://models/other")
    undo = changed(endpoint, change)
    try:
        before = endpoint.found()["spec"]
        code, _, complaint = pulih(deployer, "deploy")
        assert (code, endpoint.found()["spec"]) == (2, before)
    finally:
        undo()
    assert message in complaint


def test_an_altered_ledger_stops_everything(endpoint, deployer):
    entries = endpoint.store.list(endpoint.ledger.folder)
    former = endpoint.store.read(entries[0].url)
    endpoint.store.write(former.replace(b'"deploy"', b'"failed"'), entries[0].url)
    try:
        code, _, complaint = pulih(deployer, "rollback")
    finally:
        endpoint.store.write(former, entries[0].url)
    assert code == 2
    assert "an untouched ledger of deployments" in complaint


def test_planted_keys_appear_in_no_message_and_no_object_but_the_secret(endpoint, s3_server, deployer, api):
    code, told, complaint = pulih(deployer, "deploy", "--dry-run")
    secret = s3_server.keys[1]
    assert code == 0
    assert secret not in told + complaint
    objects = [endpoint.cluster.list(kind) for kind in (CONFIG_MAPS, INFERENCE_SERVICES)]
    ledger = [endpoint.store.read(entry.url).decode() for entry in endpoint.store.list(endpoint.ledger.folder)]
    assert secret not in json.dumps([objects, ledger])


def test_knative_moves_traffic_by_its_own_field(api, controlled, registry, tmp_path, candidate):
    kserve = controlled("knative", mode="Knative")
    api.as_account(tmp_path, "knative", "pulih-deployer")
    kubeconfig, endpoint = tmp_path / "pulih-deployer.kubeconfig", Endpoint(api, "knative")
    assert pulih(kubeconfig, "deploy")[0] == 0
    later = registry.approve(f"later-{time.monotonic_ns()}", seed=77)
    kserve.seen.clear()
    code, _, complaint = pulih(kubeconfig, "deploy")
    assert code == 0, complaint
    assert [percent for percent, _ in kserve.seen] == [10, 50, 100]
    assert "canaryTrafficPercent" not in endpoint.found()["spec"]["predictor"]
    assert endpoint.version() == later


@pytest.fixture(scope="module")
def run_of_a_pipeline(api, controlled, tmp_path_factory):
    """A namespace with the chart, KServe played there, and the identity of the pods of pipeline runs."""
    kserve, folder = controlled("pipelines"), tmp_path_factory.mktemp("pipeline")
    api.as_account(folder, "pipelines", "pulih-pipeline")
    return kserve, Endpoint(api, "pipelines"), folder / "pulih-pipeline.kubeconfig"


class Deploy:
    """The task `deploy` of the training pipeline, as its pod runs it; gives what it wrote of the endpoint."""

    def __init__(self, registry, kubeconfig, tmp_path, lines):
        self.registry, self.kubeconfig, self.folder, self.lines = registry, kubeconfig, tmp_path, lines

    def __call__(self, name, target="endpoint", **rollout):
        from kfp import dsl

        from components.deploy.component import deploy

        own = {"poll_seconds": 0.1, "pause_seconds": 0.0, "ready_seconds": 240.0, "pages": 1.0, **rollout}
        artifact = {"lines": self.lines, "restorer": self.registry.folder / f"restorer-{name}"}
        artifact["registration"] = self.registry.folder / f"registration-{name}"
        artifact |= {kind: self.folder / f"{name}-{kind}" for kind in ("deployment", "endpoint")}
        given = {kind: dsl.Artifact(name=kind, uri=str(path)) for kind, path in artifact.items()}
        metrics = dsl.Metrics(name="metrics", uri=str(self.folder / f"{name}-metrics"))
        with environment(KUBECONFIG=str(self.kubeconfig)):
            config = {"max_side": 256.0, "threads": 1.0}
            deploy.python_func(config, target, own, "code", metrics=metrics, **given)
        return json.loads((artifact["endpoint"] / "endpoint.json").read_text())


@pytest.fixture
def task(run_of_a_pipeline, registry, tmp_path, tiny_lines):
    kserve, _, kubeconfig = run_of_a_pipeline
    kserve.healthy()
    return Deploy(registry, kubeconfig, tmp_path, tiny_lines)


def test_pipeline_deploys_what_it_registered_with_its_own_account_and_in_canary_steps(
    run_of_a_pipeline, task, registry
):
    kserve, endpoint, _ = run_of_a_pipeline
    one = registry.approve("of-a-run", seed=301)
    assert task("of-a-run", target="trial") == {"target": "trial"}
    assert endpoint.found() is None, "a trial touches no endpoint"
    told = task("of-a-run")
    assert (told["endpoint"], told["namespace"], told["release"]["version"]) == ("restorer", "pipelines", one)
    two = registry.approve("of-the-next-run", seed=302)
    kserve.seen.clear()
    task("of-the-next-run", steps=[20.0])
    assert [percent for percent, _ in kserve.seen] == [20, 100]
    assert endpoint.history() == [("deploy", one), ("deploy", two)]


def test_pipeline_puts_back_what_served_when_its_model_is_not_fit(run_of_a_pipeline, task, registry):
    kserve, endpoint, _ = run_of_a_pipeline
    before = endpoint.found()["spec"]
    version = registry.approve("unfit", seed=303)
    digest = json.loads((registry.folder / "registration-unfit" / "registration.json").read_text())["restorer"]
    kserve.failing.add(f"s3://models/restorer/{MODEL}/{version}-{digest}")
    with pytest.raises(RolloutFailed, match="BlockedByFailedLoad"):
        task("unfit")
    assert endpoint.found()["spec"] == before


def test_pipeline_does_not_deploy_over_a_later_champion_or_a_model_of_another_name(run_of_a_pipeline, task, registry):
    _, endpoint, _ = run_of_a_pipeline
    before = endpoint.history()
    registry.approve("late", seed=304)
    registry.approve("later-champion", seed=305)
    with pytest.raises(ArtifactError, match="Another run was promoted meanwhile"):
        task("late")
    assert endpoint.history() == before
    with environment(KUBECONFIG=str(task.kubeconfig)), pytest.raises(ArtifactError, match=r"cluster\.target=trial"):
        takeover.take_over(build_config(Takeover, {"target": "endpoint"}), trial_of(registry), task.folder / "out")
    assert endpoint.history() == before


def trial_of(registry):
    """The registration of a model of another name, sealed as the stage seals it."""
    folder = registry.folder / "registration-trial"
    if not folder.is_dir():
        folder.mkdir()
        facts = {"registered_model": "pulih-trial", "version": "1"}
        (folder / "registration.json").write_text(json.dumps(facts))
        write_manifest(folder, "registration", RegistryConfig(), {}, facts)
    return folder
