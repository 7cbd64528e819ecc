"""`pulih doctor --cluster` on a real API server: empty, then repaired command by command, then with the chart."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import helm_python
import pytest
from checks.rendering import CHART, ROOT, STORE
from plane.api import Api, environment, until
from plane.control_plane import ControlPlane
from plane.node import Node

from pulih.common.errors import ClusterError
from pulih.doctor.cluster import examine_cluster
from pulih.doctor.inside import examine_inside
from pulih.stores.cluster import CONFIG_MAPS, JOBS, NODES, PODS, STORAGE_CLASSES, Resource

SERVICES = Resource("", "v1", "services")


@pytest.fixture(scope="module")
def empty(plane, tmp_path_factory):
    """A control plane of its own, without anybody's definitions."""
    own = ControlPlane(tmp_path_factory.mktemp("empty-plane"), plane.binaries)
    try:
        own.start()
        yield Api(own)
    finally:
        own.stop()


def findings(kubeconfig, namespace):
    with environment(KUBECONFIG=str(kubeconfig)):
        return {finding.name: finding for finding in examine_cluster(None, namespace, "pulih")}


def states(found):
    return {name: finding.state for name, finding in found.items()}


def follow(api, repair):
    """Run the kubectl command that a repair names."""
    command = shlex.split(repair.split("`")[1])
    assert command[0] == "kubectl"
    done = subprocess.run(
        [str(Path(sys.executable).with_name("kubectl")), *command[1:]],
        # It keeps a cache in HOME.
        env={"KUBECONFIG": str(api.plane.kubeconfig), "HOME": str(api.plane.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr


def test_an_empty_cluster_lacks_everything_and_each_finding_says_what_to_do(empty):
    found = findings(empty.plane.kubeconfig, "default")
    assert states(found) == {
        "API server": "ok",
        "namespace": "warn",
        "KServe": "fail",
        "chart": "fail",
        "fetching": "fail",
        "rights": "ok",
        "storage": "warn",
        "GPUs": "warn",
        "Pipelines": "warn",
        "endpoint": "fail",
    }
    assert "helm install pulih helm/pulih -n default" in found["chart"].repair
    assert "deploymentMode=Standard" in found["KServe"].repair
    assert findings(empty.plane.kubeconfig, "absent")["namespace"].repair.startswith("Run `kubectl apply -k manifests")


def test_commands_that_are_proposed_repair_what_they_promise(empty):
    made = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "none/at-all"}
    empty.cluster().apply(STORAGE_CLASSES, made | {"metadata": {"name": "slow"}})
    found = findings(empty.plane.kubeconfig, "default")
    follow(empty, found["namespace"].repair)
    follow(empty, found["storage"].repair.replace("NAME", "slow"))
    found = findings(empty.plane.kubeconfig, "default")
    assert states(found) | {"namespace": "ok", "storage": "ok"} == states(found)
    assert "default storage class slow" in found["storage"].found


def test_nodes_with_gpus_are_counted_and_their_taints_told(empty):
    admin = empty.cluster()
    spec = {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "big"}, "spec": spec}
    made = admin.request("POST", NODES.path(""), node)
    made["status"] = {"allocatable": {"nvidia.com/gpu": "2"}, "capacity": {"nvidia.com/gpu": "2"}}
    admin.request("PUT", NODES.path("", "big") + "/status", made)
    finding = findings(empty.plane.kubeconfig, "default")["GPUs"]
    assert finding.state == "ok"
    assert "big has 2" in finding.found
    assert "nvidia.com/gpu=present:NoSchedule" in finding.found


def test_pipelines_in_the_cluster_are_found_and_the_way_to_them_told(empty):
    empty.namespace("kubeflow")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "ml-pipeline"}}
    empty.cluster("kubeflow").apply(SERVICES, service | {"spec": {"ports": [{"port": 8888}]}})
    finding = findings(empty.plane.kubeconfig, "default")["Pipelines"]
    assert "kubectl -n kubeflow port-forward service/ml-pipeline 8888:8888" in finding.repair


@pytest.fixture(scope="module")
def installed(api, plane):
    api.namespace("examined", **{"pod-security.kubernetes.io/enforce": "restricted"})
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace="examined")
    config.install(str(CHART), "pulih", STORE, namespace="examined")
    yield api
    config.uninstall("pulih")
    config.close()


def test_what_fetches_models_is_missed_until_it_is_applied(installed, plane, more_definitions, monkeypatch):
    finding = findings(plane.kubeconfig, "examined")["fetching"]
    if finding.state == "fail":
        monkeypatch.chdir(ROOT)
        follow(installed, finding.repair)
    assert findings(plane.kubeconfig, "examined")["fetching"].state == "ok"


def test_after_the_installation_only_the_model_is_missing(installed, plane):
    found = findings(plane.kubeconfig, "examined")
    good = {"API server", "namespace", "KServe", "chart", "rights"}
    assert {name for name, state in states(found).items() if state == "ok"} >= good
    assert "pulih deploy --alias champion" in found["endpoint"].repair


def test_the_deployer_may_deploy_and_the_submitter_is_told_what_it_lacks(installed, tmp_path):
    for account in ("pulih-deployer", "pulih-submitter"):
        installed.as_account(tmp_path, "examined", account)
    deployer = findings(tmp_path / "pulih-deployer.kubeconfig", "examined")
    assert (deployer["rights"].state, deployer["chart"].state) == ("ok", "ok")
    assert deployer["GPUs"].state == "warn"
    assert "not allowed to look" in deployer["GPUs"].found
    submitter = findings(tmp_path / "pulih-submitter.kubeconfig", "examined")["rights"]
    assert submitter.state == "fail"
    assert "may not patch inferenceservices.serving.kserve.io" in submitter.found
    follow(installed, submitter.repair.replace("--user=NAME", "--serviceaccount=examined:pulih-submitter"))
    kubeconfig = tmp_path / "pulih-submitter.kubeconfig"
    until(lambda: findings(kubeconfig, "examined")["rights"].state == "ok", 20, "the rights")


@pytest.fixture
def inside(api, plane, s3_server, tmp_path):
    """The chart where Pod Security is enforced, and a played node that runs the doctor's pod as a process."""
    api.namespace("inside", **{"pod-security.kubernetes.io/enforce": "restricted"})
    access, secret = s3_server.keys
    storage = {"endpoint": s3_server.endpoint, "secure": False, "accessKey": access, "secretKey": secret}
    values = {"storage": storage | {"buckets": {"pulih": "models", "serving": "models"}}}
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace="inside")
    config.install(str(CHART), "pulih", values, namespace="inside")
    node = Node(api.cluster("inside"), tmp_path, {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})
    node.start()
    yield node
    node.stop()
    config.uninstall("pulih")
    config.close()
    assert node.errors == []


def test_a_pod_of_the_cluster_tells_what_it_reaches_and_is_gone_afterwards(inside, api, s3_server):
    cluster = api.cluster("inside")
    found = {finding.name: finding for finding in examine_inside(cluster, "pulih", 240)}
    wanted = {f"inside: {name}": "ok" for name in ("variables", "S3", "MLflow", "Pipelines")}
    assert states(found) == wanted, found
    assert s3_server.endpoint in found["inside: S3"].found
    [pod] = inside.specs.values()
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "doctor"
    until(lambda: not cluster.list(JOBS) and not cluster.list(PODS), 600, "an empty namespace")


def test_what_the_pod_cannot_reach_is_a_finding_and_a_job_without_a_pod_too(inside, api):
    cluster = api.cluster("inside")
    told = cluster.get(CONFIG_MAPS, "pulih-storage")
    broken = {**told, "metadata": {"name": "pulih-storage"}, "data": told["data"] | {"PULIH_S3_BUCKET": "not-there"}}
    cluster.apply(CONFIG_MAPS, broken)
    found = {finding.name: finding for finding in examine_inside(cluster, "pulih", 240)}
    assert found["inside: S3"].state == "fail"
    assert "not-there" in found["inside: S3"].found
    inside.stop()
    [finding] = examine_inside(cluster, "pulih", 2)
    assert (finding.name, finding.state) == ("inside", "fail")
    assert "did not end within 2 s" in finding.found
    assert [job for job in cluster.list(JOBS) if "deletionTimestamp" not in job["metadata"]] == []


def test_without_the_chart_no_job_is_made(api):
    api.namespace("bare")
    with pytest.raises(ClusterError, match="ConfigMap pulih-doctor"):
        examine_inside(api.cluster("bare"), "pulih", 2)
    assert api.cluster("bare").list(JOBS) == []
