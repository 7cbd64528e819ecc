"""Helm's own engine installs, upgrades, rolls back and uninstalls; the API server's own rules judge every object."""

import copy

import helm_python
import pytest
from checks import pod_security
from checks.rendering import CHART, EVERYTHING, OVERLAYS, STORE, all_renderings, endpoint, objects, overlay
from plane.api import until

from pulih.common.errors import ClusterError
from pulih.stores.cluster import CONFIG_MAPS, INFERENCE_SERVICES, SECRETS, SERVING_RUNTIMES, Resource

RENDERINGS = all_renderings()
NAMESPACE = "pulih"
PODS = Resource("", "v1", "pods")
ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles")


@pytest.fixture(scope="module")
def namespaces(api):
    """The namespaces that an administrator makes by the overlays."""
    for path in OVERLAYS:
        for item in sorted(overlay(path), key=lambda item: item["kind"] != "Namespace"):
            api.apply(item, item["metadata"].get("namespace", "default"))
    accounts = Resource("", "v1", "serviceaccounts")
    for name in ("pulih", "pulih-dev"):
        until(lambda name=name: api.cluster(name).get(accounts, "default"), 600, "a default service account")
    return api


@pytest.fixture
def helm(namespaces, plane):
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace="pulih-dev")
    yield config
    config.uninstall("pulih", ignore_not_found=True)
    config.close()


@pytest.fixture(scope="module")
def installed(namespaces, plane):
    """The chart with everything switched on, as ``pulih`` in the namespace ``pulih``."""
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace=NAMESPACE)
    config.install(str(CHART), "pulih", EVERYTHING, namespace=NAMESPACE)
    yield namespaces
    config.uninstall("pulih")
    config.close()


def named(items):
    """What a set of rendered objects is called; pods of ``helm test`` come only with it."""
    return {f"{item['kind']}/{item['metadata']['name']}" for item in items if item["kind"] != "Pod"}


def of_the_chart(api, namespace):
    # What Kubernetes makes of a Deployment comes and goes with it.
    others = ("Secret/sh.helm.release", "ReplicaSet/", "Pod/")
    ours = {found for found in api.everything(namespace) if not found.startswith(others)}
    return ours - {"ResourceQuota/pulih", "LimitRange/pulih"}


def test_install_upgrade_rollback_and_uninstall_leave_nothing_behind(helm, namespaces):
    before = namespaces.everything("pulih-dev")
    helm.install(str(CHART), "pulih", STORE, namespace="pulih-dev")
    small = of_the_chart(namespaces, "pulih-dev")
    assert small == named(objects(STORE, namespace="pulih-dev"))
    helm.upgrade(str(CHART), "pulih", EVERYTHING, namespace="pulih-dev")
    assert of_the_chart(namespaces, "pulih-dev") == named(objects(EVERYTHING, namespace="pulih-dev"))
    helm.rollback("pulih", version=1)
    # A volume goes only after the pod that has it.
    until(lambda: of_the_chart(namespaces, "pulih-dev") == small, 600, "what was there first")
    helm.uninstall("pulih")
    until(lambda: namespaces.everything("pulih-dev") == before, 600, "an empty namespace")


def test_keys_of_the_own_store_are_made_once_and_survive_an_upgrade(helm, namespaces):
    def keys():
        return namespaces.cluster("pulih-dev").get(SECRETS, "pulih-storage")["data"]

    own = {"seaweedfs": {"enabled": True}}
    helm.install(str(CHART), "pulih", own, namespace="pulih-dev")
    first = keys()
    assert len(first["AWS_SECRET_ACCESS_KEY"]) > 40
    helm.upgrade(str(CHART), "pulih", {**own, "serving": {"threads": 1}}, namespace="pulih-dev")
    assert keys() == first


def test_upgrade_changes_what_the_values_say_and_rollback_brings_it_back(helm, namespaces):
    def threads():
        runtime = namespaces.cluster("pulih-dev").get(SERVING_RUNTIMES, "pulih")
        return [argument for argument in runtime["spec"]["containers"][0]["args"] if "threads" in argument]

    helm.install(str(CHART), "pulih", STORE, namespace="pulih-dev")
    helm.upgrade(str(CHART), "pulih", {**STORE, "serving": {"threads": 1}}, namespace="pulih-dev")
    assert threads() == ["--set=threads=1"]
    helm.rollback("pulih", version=1)
    assert threads() == ["--set=threads=2"]


def test_refused_values_leave_the_installed_release_as_it_was(helm, namespaces):
    helm.install(str(CHART), "pulih", STORE, namespace="pulih-dev")
    before = namespaces.everything("pulih-dev")
    with pytest.raises(helm_python.HelmError, match="accessKey and storage"):
        helm.upgrade(str(CHART), "pulih", {"storage": {"endpoint": "s3:1", "accessKey": "a"}}, namespace="pulih-dev")
    assert namespaces.everything("pulih-dev") == before


@pytest.mark.parametrize("name", RENDERINGS)
def test_server_takes_every_rendered_object_with_strict_fields(namespaces, name):
    for item in RENDERINGS[name]:
        place = item["metadata"].get("namespace", NAMESPACE)
        if item["kind"] == "Pod":
            # Admission asks for the account first; the pod of `helm test` uses the default one.
            assert "serviceAccountName" not in item["spec"]
        namespaces.apply(item, place, dry_run=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"replicas": 3}, "replicas"),
        ({"minReplicas": "one"}, "minReplicas"),
        ({"canaryTrafficPercnt": 10}, "canaryTrafficPercnt"),
    ],
)
def test_server_refuses_an_endpoint_with_wrong_fields(namespaces, change, message):
    item = endpoint(objects(EVERYTHING))
    item["spec"]["predictor"] |= change
    with pytest.raises(ClusterError, match=message):
        namespaces.apply(item, NAMESPACE, dry_run=True)


def test_pods_of_chart_are_admitted_where_pod_security_is_restricted(installed):
    found = pod_security.pods(RENDERINGS["everything"])
    fields = ("supportedModelFormats", "protocolVersions", "annotations", "labels", "model", "deploymentStrategy")
    kserve = ("minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "storageContainerName")
    for name, spec in found.items():
        # The pod of a runtime is that of the InferenceService, which KServe lays over it.
        if not name.startswith("ServingRuntime"):
            own = {key: value for key, value in spec.items() if key not in (*fields, *kserve)}
            installed.apply(pod(name.split("/")[1], own), NAMESPACE, dry_run=True)


def pod(name, spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"securityContext": {"privileged": True, "allowPrivilegeEscalation": True}}, "privileged"),
        ({"securityContext": {"runAsUser": 0}}, "runAsUser"),
        ({"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}, "capabilities"),
        ({"securityContext": {}}, "allowPrivilegeEscalation"),
    ],
)
def test_pods_that_want_more_are_not_admitted(installed, change, message):
    spec = copy.deepcopy(pod_security.pods(RENDERINGS["everything"])["Pod/pulih-test-endpoint"])
    own = spec["containers"][0]["securityContext"]
    changed = change["securityContext"]
    spec["containers"][0]["securityContext"] = (own | changed) if changed else {}
    with pytest.raises(ClusterError, match=f"(?s)violates PodSecurity.*{message}"):
        installed.apply(pod("greedy", spec), NAMESPACE, dry_run=True)


RUNS = Resource("pipelines.kubeflow.org", "v2beta1", "runs")
NOTHING = [
    ("get", SECRETS, "", "pulih-storage"),
    ("create", INFERENCE_SERVICES, "", ""),
    ("create", PODS, "", ""),
    ("create", PODS, "exec", ""),
    ("update", ROLES, "", ""),
]
DEPLOYS = [
    ("patch", INFERENCE_SERVICES, "", ""),
    ("delete", INFERENCE_SERVICES, "", ""),
    ("get", SERVING_RUNTIMES, "", ""),
    ("get", CONFIG_MAPS, "", "pulih-endpoint"),
    ("get", SECRETS, "", "pulih-storage"),
    ("create", Resource("", "v1", "services"), "proxy", ""),
    ("get", PODS, "log", ""),
]
TRAINING_JOBS = Resource("trainer.kubeflow.org", "v1alpha1", "trainjobs")
RESULTS = Resource("argoproj.io", "v1alpha1", "workflowtaskresults")
WAITS = [
    ("create", TRAINING_JOBS, "", ""),
    ("patch", TRAINING_JOBS, "", ""),
    ("delete", TRAINING_JOBS, "", ""),
    ("get", Resource("trainer.kubeflow.org", "v1alpha1", "trainingruntimes"), "", "pulih"),
    ("list", PODS, "", ""),
    ("get", PODS, "log", ""),
    ("create", RESULTS, "", ""),
    ("get", CONFIG_MAPS, "", "kfp-launcher"),
]
MAY = {
    "pulih-deployer": DEPLOYS,
    "pulih-pipeline": DEPLOYS + WAITS,
    "pulih-node": [],
    "pulih-submitter": [("create", RUNS, "", ""), ("get", PODS, "log", "")],
    "pulih-serving": [],
    "pulih-drift": [],
    "default": [],
}
MAY_NOT = {
    "pulih-deployer": [
        ("get", SECRETS, "", "another"),
        ("list", SECRETS, "", ""),
        ("update", SERVING_RUNTIMES, "", ""),
        ("update", CONFIG_MAPS, "", "pulih-endpoint"),
        ("patch", INFERENCE_SERVICES, "status", ""),
        *NOTHING[2:],
    ],
    "pulih-pipeline": [
        ("get", SECRETS, "", "another"),
        ("list", SECRETS, "", ""),
        ("get", CONFIG_MAPS, "", "another"),
        ("update", SERVING_RUNTIMES, "", ""),
        ("patch", Resource("trainer.kubeflow.org", "v1alpha1", "trainingruntimes"), "", "pulih"),
        ("create", Resource("batch", "v1", "jobs"), "", ""),
        ("create", RUNS, "", ""),
        ("delete", PODS, "", ""),
        *NOTHING[2:],
    ],
    "pulih-node": NOTHING,
    "pulih-submitter": NOTHING,
    "pulih-serving": NOTHING,
    "pulih-drift": NOTHING,
    "default": NOTHING,
}


@pytest.mark.parametrize("account", MAY)
def test_every_account_may_what_it_needs_and_nothing_else_that_was_tried(installed, tmp_path, account):
    cluster = installed.as_account(tmp_path, NAMESPACE, account)
    assert [str(asked) for asked in MAY[account] if not cluster.may(*asked)] == []
    assert [str(asked) for asked in MAY_NOT[account] if cluster.may(*asked)] == []
    elsewhere = installed.cluster("default", tmp_path / f"{account}.kubeconfig")
    assert [str(asked) for asked in (*MAY[account], *NOTHING) if elsewhere.may(*asked)] == []


def test_what_an_account_may_not_is_refused_and_explained(installed, tmp_path):
    cluster = installed.as_account(tmp_path, NAMESPACE, "pulih-submitter")
    with pytest.raises(ClusterError, match=r"403.*inferenceservices.*rbac\.deployers"):
        cluster.apply(INFERENCE_SERVICES, endpoint(objects(EVERYTHING)))
    with pytest.raises(ClusterError, match=r"403.*secrets"):
        cluster.get(SECRETS, "pulih-storage")


def test_a_token_that_nobody_issued_is_explained(installed, plane, tmp_path):
    kubeconfig = plane.write_kubeconfig(tmp_path / "stranger", "made-up")
    with pytest.raises(ClusterError, match=r"401.*kubectl auth whoami"):
        installed.cluster(NAMESPACE, kubeconfig).list(CONFIG_MAPS)
