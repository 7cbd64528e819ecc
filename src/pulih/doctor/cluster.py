"""Checks of a Kubernetes cluster: what must be there, what one may do, where trainings would find a GPU."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pulih.common.errors import ClusterError
from pulih.common.settings import Settings
from pulih.deployment.endpoint import read_pattern
from pulih.deployment.readiness import describe
from pulih.doctor.connections import check_kfp
from pulih.doctor.finding import Finding
from pulih.doctor.inside import examine_inside
from pulih.stores.cluster import (
    CONFIG_MAPS,
    INFERENCE_SERVICES,
    NAMESPACES,
    NODES,
    PODS,
    SERVING_RUNTIMES,
    STORAGE_CLASSES,
    Cluster,
    Resource,
)

OLDEST = 31
GPU = "nvidia.com/gpu"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
ENFORCED = "pod-security.kubernetes.io/enforce"
KUBEFLOW = "kubeflow"
SERVICES = Resource("", "v1", "services")
STORAGE_CONTAINERS = Resource("serving.kserve.io", "v1alpha1", "clusterstoragecontainers", namespaced=False)
NEEDED = (
    ("patch", INFERENCE_SERVICES, ""),
    ("delete", INFERENCE_SERVICES, ""),
    ("get", SERVING_RUNTIMES, ""),
    ("create", SERVICES, "proxy"),
    ("get", PODS, "log"),
)


@dataclass(frozen=True)
class Place:
    """The namespace that is examined, and the name that the chart has or should have there."""

    cluster: Cluster
    release: str
    settings: Settings

    @property
    def kubectl(self) -> str:
        """The beginning of a command about this namespace."""
        return f"kubectl -n {self.cluster.namespace}"

    @property
    def install(self) -> str:
        """The command that installs the chart."""
        return f"helm install {self.release} helm/pulih -n {self.cluster.namespace} (docs/cluster.md has its values)"


def examine_cluster(context: str | None, namespace: str | None, release: str, inside: bool = False) -> list[Finding]:
    """Run every check of a cluster, with ``inside`` also a Job in it; without a cluster there is only one finding."""
    settings = Settings()
    try:
        place = Place(Cluster.connect(context, namespace), release, settings)
        found = [check_api_server(place)]
    except ClusterError as err:
        return [_failed("API server", err)]
    found += [_run(name, check, place) for name, check in CHECKS.items()]
    return found + (_run_inside(place) if inside else [])


def _run_inside(place: Place) -> list[Finding]:
    try:
        return examine_inside(place.cluster, place.release)
    except ClusterError as err:
        return [_failed("inside", err)]


def _run(name: str, check: Callable[[Place], Finding], place: Place) -> Finding:
    try:
        return check(place)
    except ClusterError as err:
        if getattr(err, "status", None) == 403:
            # Not to be allowed to look is no defect of the cluster.
            return Finding(name, "warn", f"not allowed to look: {err.found}", err.fix)
        return _failed(name, err)


def _failed(name: str, err: ClusterError) -> Finding:
    return Finding(name, "fail", f"expected {err.expected}; found {err.found}", err.fix)


def check_api_server(place: Place) -> Finding:
    """Check that the API server answers this identity, and that it is new enough."""
    version = place.cluster.request("GET", "/version")
    place.cluster.may("get", CONFIG_MAPS)
    found = f"{version['gitVersion']} at {place.cluster.address}, namespace {place.cluster.namespace}"
    if int(version["minor"].rstrip("+")) < OLDEST:
        return Finding("API server", "fail", found, f"Upgrade the cluster to Kubernetes 1.{OLDEST} or newer.")
    return Finding("API server", "ok", found)


def check_namespace(place: Place) -> Finding:
    """Check that the namespace is there and admits only restricted pods."""
    name, prepare = place.cluster.namespace, "kubectl apply -k manifests/overlays/prod"
    found = place.cluster.get(NAMESPACES, name)
    if found is None:
        return Finding("namespace", "fail", f"no namespace {name}", f"Run `{prepare}` (an administrator, once).")
    enforced = found["metadata"].get("labels", {}).get(ENFORCED, "nothing")
    if enforced != "restricted":
        repair = f"Run `kubectl label --overwrite namespace {name} {ENFORCED}=restricted`."
        return Finding("namespace", "warn", f"{name} enforces {enforced}", repair)
    return Finding("namespace", "ok", f"{name} enforces Pod Security restricted")


def check_kserve(place: Place) -> Finding:
    """Check that KServe's definitions are there in the versions that are used."""
    mode = "--set kserve.controller.deploymentMode=Standard"
    repair = f"Run `helm install kserve CHART {mode}`, with KServe's own chart, 0.20 or newer."
    lacking = [str(resource) for resource in (INFERENCE_SERVICES, SERVING_RUNTIMES) if not _exists(place, resource)]
    if lacking:
        return Finding("KServe", "fail", f"the API server does not know {', '.join(lacking)}", repair)
    return Finding("KServe", "ok", f"{INFERENCE_SERVICES} and {SERVING_RUNTIMES} are known")


def _exists(place: Place, resource: Resource) -> bool:
    try:
        listed = place.cluster.request("GET", f"/apis/{resource.group}/{resource.version}")
    except ClusterError as err:
        if getattr(err, "status", None) == 404:
            return False
        raise
    return any(each["name"] == resource.plural for each in listed["resources"])


def check_chart(place: Place) -> Finding:
    """Check that the chart is installed and that the Secret with the store's keys is complete."""
    pattern = read_pattern(place.cluster, place.release)
    return Finding("chart", "ok", f"{place.release}: endpoint {pattern.name}, mode {pattern.mode}, {pattern.models}")


def check_fetching(place: Place) -> Finding:
    """Check for the container that fetches models where Pod Security is restricted."""
    pattern = read_pattern(place.cluster, place.release)
    name = pattern.manifest["spec"]["predictor"].get("storageContainerName")
    if name is None:
        repair = "Set serving.storageContainer to 'pulih' after `kubectl apply -k manifests/kserve`."
        return Finding("fetching", "warn", "KServe's own container, which restricted namespaces refuse", repair)
    if place.cluster.get(STORAGE_CONTAINERS, name) is None:
        repair = "Run `kubectl apply -k manifests/kserve` (an administrator, once per cluster)."
        return Finding("fetching", "fail", f"no ClusterStorageContainer {name}", repair)
    return Finding("fetching", "ok", f"models are fetched by the ClusterStorageContainer {name}")


def check_rights(place: Place) -> Finding:
    """Check that this identity may do what `pulih deploy` does."""
    lacking = [
        f"{verb} {resource}{'/' + sub if sub else ''}"
        for verb, resource, sub in NEEDED
        if not place.cluster.may(verb, resource, sub)
    ]
    pattern = f"{place.release}-endpoint"
    lacking += [] if place.cluster.may("get", CONFIG_MAPS, name=pattern) else [f"get configmaps {pattern}"]
    if lacking:
        role = f"--role={place.release}-deployer --user=NAME"
        repair = f"Run `{place.kubectl} create rolebinding {place.release}-deployers {role}`, or set rbac.deployers."
        return Finding("rights", "fail", f"may not {', '.join(lacking)}", repair)
    return Finding("rights", "ok", f"may deploy in {place.cluster.namespace}")


def check_storage(place: Place) -> Finding:
    """Check for a default storage class, which Kubeflow's database and store ask for."""
    classes = place.cluster.list(STORAGE_CLASSES)
    defaults = [c for c in classes if c["metadata"].get("annotations", {}).get(DEFAULT_CLASS) == "true"]
    names = ", ".join(each["metadata"]["name"] for each in classes) or "none"
    if not defaults:
        mark = f"kubectl annotate storageclass NAME {DEFAULT_CLASS}=true"
        return Finding("storage", "warn", f"no default storage class (there are: {names})", f"Run `{mark}`.")
    return Finding("storage", "ok", f"default storage class {defaults[0]['metadata']['name']}")


def check_gpus(place: Place) -> Finding:
    """Look for nodes with GPUs and tell what a run must say to be placed there."""
    nodes = [node for node in place.cluster.list(NODES) if _gpus(node)]
    if not nodes:
        repair = "Trainings need cluster.gpus=0 (the default); for GPUs add nodes with NVIDIA's device plugin."
        return Finding("GPUs", "warn", f"no node offers {GPU}", repair)
    told = "; ".join(f"{node['metadata']['name']} has {_gpus(node)}" for node in nodes)
    taints = sorted({taint for node in nodes for taint in _taints(node)})
    if taints:
        told += f"; taints to tolerate (cluster.tolerations): {', '.join(taints)}"
    return Finding("GPUs", "ok", told)


def _gpus(node: dict[str, Any]) -> int:
    return int(node.get("status", {}).get("allocatable", {}).get(GPU, 0))


def _taints(node: dict[str, Any]) -> Iterator[str]:
    for taint in node["spec"].get("taints", []):
        yield f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"


def check_pipelines(place: Place) -> Finding:
    """Check the API of Kubeflow Pipelines: at PULIH_KFP_HOST, else whether the cluster has one."""
    if place.settings.kfp_host is not None:
        return check_kfp(place.settings)
    forward = f"kubectl -n {KUBEFLOW} port-forward service/ml-pipeline 8888:8888"
    try:
        place.cluster.request("GET", f"/api/v1/namespaces/{KUBEFLOW}/services/ml-pipeline")
    except ClusterError as err:
        if getattr(err, "status", None) != 404:
            raise
        repair = "Install Kubeflow Pipelines 2.17, or set PULIH_KFP_HOST to one elsewhere; deploying needs none."
        return Finding("Pipelines", "warn", f"no service ml-pipeline in {KUBEFLOW}", repair)
    repair = f"Run `{forward} &` and set PULIH_KFP_HOST=http://127.0.0.1:8888."
    return Finding("Pipelines", "warn", f"a service ml-pipeline in {KUBEFLOW}, but no PULIH_KFP_HOST", repair)


def check_endpoint(place: Place) -> Finding:
    """Check that what is deployed is ready."""
    pattern = read_pattern(place.cluster, place.release)
    found = place.cluster.get(INFERENCE_SERVICES, pattern.name)
    if found is None:
        repair = "Run `pulih deploy --alias champion` once there is an approved restorer."
        return Finding("endpoint", "warn", f"no InferenceService {pattern.name} yet", repair)
    conditions = found.get("status", {}).get("conditions") or []
    if not any(each["type"] == "Ready" and each["status"] == "True" for each in conditions):
        repair = f"Run `{place.kubectl} describe inferenceservice {pattern.name}`; `pulih rollback` goes back."
        return Finding("endpoint", "fail", describe(found), repair)
    version = found["metadata"].get("annotations", {}).get("pulih/model-version", "of unknown origin")
    return Finding("endpoint", "ok", f"{pattern.name} is ready, version {version}")


CHECKS: dict[str, Callable[[Place], Finding]] = {
    "namespace": check_namespace,
    "KServe": check_kserve,
    "chart": check_chart,
    "fetching": check_fetching,
    "rights": check_rights,
    "storage": check_storage,
    "GPUs": check_gpus,
    "Pipelines": check_pipelines,
    "endpoint": check_endpoint,
}
