"""KServe's own controller and webhooks on what `pulih deploy` applies: the objects, the canary, the way back.

No node runs the pods: a stand-in for the kubelet makes them ready, with real model servers at their addresses.
"""

import os
import subprocess

import helm_python
import pytest
from checks.rendering import CHART, ROOT
from checks.rendering import overlay as kustomized
from plane.api import environment, until
from plane.kserve_controller import Controller, Kubelet
from plane.registry import Registry
from plane.servers import Servers

from pulih.cli import main
from pulih.common.errors import ClusterError
from pulih.common.settings import Settings
from pulih.stores.cluster import INFERENCE_SERVICES, Resource

NAMESPACE = "with-kserve"
QUICK = ("poll_seconds=0.1", "pause_seconds=0", "ready_seconds=1800", "pages=1")
DEPLOYMENTS = Resource("apps", "v1", "deployments")
SERVICES = Resource("", "v1", "services")
SCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers")
PODS = Resource("", "v1", "pods")


class Addressed(Servers):
    """Every server at port 8080 of an address of its own, as pods have it."""

    def place(self):
        address = f"198.18.0.{len(self.running) + 1}"
        subprocess.run(["ip", "address", "replace", f"{address}/32", "dev", "lo"], check=True, capture_output=True)
        return address, 8080

    def stop(self):
        super().stop()
        for _, (address, _), _ in self.running.values():
            subprocess.run(["ip", "address", "del", f"{address}/32", "dev", "lo"], check=True, capture_output=True)


@pytest.fixture(scope="module")
def controller(api, more_definitions, tmp_path_factory):
    started = Controller(api, tmp_path_factory.mktemp("kserve"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def surroundings(s3_server, tmp_path_factory):
    runs = tmp_path_factory.mktemp("with-kserve")
    with environment(**s3_server.settings(), PULIH_RUNS_DIR=str(runs), PULIH_S3_RETRIES="0"):
        yield runs


@pytest.fixture(scope="module")
def registry(surroundings, blur_restorer):
    return Registry(surroundings, blur_restorer)


@pytest.fixture(scope="module")
def kubelet(api, plane, controller, surroundings, s3_server, tmp_path_factory):
    """The chart in a namespace where Pod Security is enforced, and pods that become ready."""
    if os.geteuid() != 0:
        pytest.skip("addresses for pods are added to the loopback interface, which only root may")
    api.namespace(NAMESPACE, **{"pod-security.kubernetes.io/enforce": "restricted"})
    access, secret = s3_server.keys
    for item in kustomized(ROOT / "manifests" / "kserve"):
        api.apply(item)
    storage = {"endpoint": s3_server.endpoint, "secure": False, "accessKey": access, "secretKey": secret}
    values = {"storage": {**storage, "buckets": {"serving": "models"}}}
    config = helm_python.Config(kubeconfig_path=str(plane.kubeconfig), namespace=NAMESPACE)
    config.install(str(CHART), "pulih", values, namespace=NAMESPACE)
    servers = Addressed(Settings(), tmp_path_factory.mktemp("pods"))
    playing = Kubelet(api.cluster(NAMESPACE), lambda uri: (servers.address(uri) or (None,))[0])
    playing.start()
    yield playing
    config.uninstall("pulih")
    config.close()
    playing.stop()
    servers.stop()
    assert playing.errors == []


@pytest.fixture(scope="module")
def deployer(api, kubelet, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployer")
    api.as_account(folder, NAMESPACE, "pulih-deployer")
    return folder / "pulih-deployer.kubeconfig"


def pulih(kubeconfig, *arguments):
    quick = [part for setting in QUICK for part in ("--set", setting)]
    with environment(KUBECONFIG=str(kubeconfig)), pytest.raises(SystemExit) as left:
        main([arguments[0], *quick, *arguments[1:]])
    return left.value.code or 0


@pytest.fixture(scope="module")
def served(api, deployer, registry):
    """The namespace with the first version deployed."""
    registry.approve("first", seed=1)
    assert pulih(deployer, "deploy") == 0
    return api.cluster(NAMESPACE)


def test_controller_makes_deployment_service_and_autoscaler_from_the_charts_values(served):
    spec = served.get(DEPLOYMENTS, "restorer-predictor")["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    assert container["command"] == ["python", "-m", "serving"]
    assert "--set=model_name=restorer" in container["args"]
    assert container["startupProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("pulih-serving", False)
    [port] = served.get(SERVICES, "restorer-predictor")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, 8080)
    scaler = served.get(SCALERS, "restorer-predictor")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 3)
    assert scaler["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 80}


def test_pods_carry_what_they_serve_and_labels_that_policies_and_monitors_select_by(served):
    found = served.get(INFERENCE_SERVICES, "restorer")
    template = served.get(DEPLOYMENTS, "restorer-predictor")["spec"]["template"]["metadata"]
    assert template["annotations"]["pulih/model-digest"] == found["metadata"]["annotations"]["pulih/model-digest"]
    labels = template["labels"]
    assert labels["serving.kserve.io/inferenceservice"] == "restorer"
    assert labels["app.kubernetes.io/component"] == "serving"
    service = served.get(SERVICES, "restorer-predictor")["metadata"]["labels"]
    assert (service["serving.kserve.io/inferenceservice"], service["component"]) == ("restorer", "predictor")


def test_pod_that_fetches_the_model_is_admitted_where_pod_security_is_restricted(served, kubelet):
    pods = [pod for name, pod in kubelet.pods.items() if name.startswith("restorer-predictor")]
    assert pods
    [fetching] = pods[0]["spec"]["initContainers"]
    model = served.get(INFERENCE_SERVICES, "restorer")["spec"]["predictor"]["model"]
    assert fetching["args"] == [model["storageUri"], "/mnt/models"]
    told = {variable["name"]: variable for variable in fetching["env"]}
    assert told["AWS_ACCESS_KEY_ID"]["valueFrom"]["secretKeyRef"]["name"] == "pulih-storage"
    assert told["S3_USE_HTTPS"]["value"] == "0"
    assert "value" not in told["AWS_SECRET_ACCESS_KEY"]


def names(cluster):
    return {item["metadata"]["name"] for item in cluster.list(DEPLOYMENTS)}


def pods_of(cluster, deployment):
    return {pod["metadata"]["uid"] for pod in cluster.list(PODS) if pod["metadata"]["name"].startswith(deployment)}


def test_canary_gets_pods_of_its_own_and_does_not_restart_those_that_serve(served, kubelet, deployer, registry):
    stable = pods_of(served, "restorer-predictor")
    registry.approve("second", seed=2)
    before = set(kubelet.pods)
    assert pulih(deployer, "deploy", "--set", "steps=[20]") == 0
    new = set(kubelet.pods) - before
    canaries = {name for name in new if name.startswith("restorer-v2-")}
    assert len(canaries) == 1
    assert len(new - canaries) == 1, "the stable pods were replaced once, by the promotion"
    until(lambda: names(served) == {"restorer-predictor"}, 600, "the end of the canary's Deployment")
    until(lambda: pods_of(served, "restorer-predictor") and not stable & pods_of(served, "restorer-"), 600, "new pods")
    assert served.get(INFERENCE_SERVICES, "restorer")["metadata"]["annotations"]["pulih/model-version"] == "2"


def test_rollback_brings_the_former_model_back(served, deployer):
    assert pulih(deployer, "rollback") == 0
    assert served.get(INFERENCE_SERVICES, "restorer")["metadata"]["annotations"]["pulih/model-version"] == "1"
    assert names(served) == {"restorer-predictor"}


def test_an_endpoint_of_ones_own_finds_the_runtime_by_the_format_alone(served, kubelet):
    uri = served.get(INFERENCE_SERVICES, "restorer")["spec"]["predictor"]["model"]["storageUri"]
    needed = {"serviceAccountName": "pulih-serving", "storageContainerName": "pulih"}
    predictor = needed | {"model": {"modelFormat": {"name": "pulih"}, "storageUri": uri}}
    made = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "own"}}
    served.apply(INFERENCE_SERVICES, made | {"spec": {"predictor": predictor}})
    deployment = until(lambda: served.get(DEPLOYMENTS, "own-predictor"), 600, "a Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert "--set=model_name=own" in container["args"]
    ready = {"type": "Ready", "status": "True"}
    until(
        lambda: any(
            ready.items() <= c.items()
            for c in served.get(INFERENCE_SERVICES, "own").get("status", {}).get("conditions") or []
        ),
        90,
        "an own endpoint",
    )
    served.delete(INFERENCE_SERVICES, "own")


def test_webhook_refuses_a_canary_outside_of_standard_mode(served):
    found = served.get(INFERENCE_SERVICES, "restorer")
    model = found["spec"]["predictor"]["model"]
    canary = {"trafficPercent": 10, "predictor": {"name": "x", "model": model | {"name": ""}}}
    metadata = {"name": "elsewhere", "annotations": {"serving.kserve.io/deploymentMode": "Knative"}}
    spec = {"predictor": {"minReplicas": 1, "model": model}, "canary": [canary]}
    item = {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata, "spec": spec}
    with pytest.raises(ClusterError, match="canary is only supported in Standard deployment mode"):
        served.apply(INFERENCE_SERVICES, item, dry_run=True)
