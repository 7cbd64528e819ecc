"""Checks from within the cluster's network: a short Job of the chart's pattern, whose log has the findings."""

import copy
import json
import time
import uuid
from typing import Any

from pulih.common.errors import ClusterError
from pulih.doctor.finding import Finding
from pulih.stores.cluster import CONFIG_MAPS, JOBS, PODS, Cluster
from pulih.trainjob.job import trouble_of

NAME = "inside"
KFP_SERVICE = "/api/v1/namespaces/kubeflow/services/ml-pipeline"
KFP_HOST = "http://ml-pipeline.kubeflow.svc:8888"
CONTAINER = "doctor"
WAIT_SECONDS, POLL_SECONDS = 180.0, 1.0
TAIL = 400


def examine_inside(cluster: Cluster, release: str, wait: float = WAIT_SECONDS) -> list[Finding]:
    """Run the connection checks in a pod of the namespace and return their findings; the Job is removed in any case.

    Args:
        wait: seconds that the Job may take; a pod must be placed and an image fetched.

    Raises:
        ClusterError: the chart is not there, or the API server refuses the Job.
    """
    made = _job(cluster, release)
    name = made["metadata"]["name"]
    try:
        cluster.apply(JOBS, made)
        return _findings(cluster, name, wait)
    finally:
        cluster.delete(JOBS, name)


def _job(cluster: Cluster, release: str) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]

    found = cluster.get(CONFIG_MAPS, f"{release}-doctor")
    if found is None:
        fix = f"Install or upgrade the chart: `helm upgrade --install {release} helm/pulih -n {cluster.namespace}`."
        raise ClusterError(f"the ConfigMap {release}-doctor in {cluster.namespace}", "none", fix)
    made: dict[str, Any] = copy.deepcopy(yaml.safe_load(found["data"]["job.yaml"]))
    # Two doctors at once do not meet.
    made["metadata"]["name"] = f"{release}-doctor-{uuid.uuid4().hex[:8]}"
    if _has_pipelines(cluster):
        [container] = made["spec"]["template"]["spec"]["containers"]
        container.setdefault("env", []).append({"name": "PULIH_KFP_HOST", "value": KFP_HOST})
    return made


def _has_pipelines(cluster: Cluster) -> bool:
    try:
        cluster.request("GET", KFP_SERVICE)
    except ClusterError as err:
        if getattr(err, "status", None) in (403, 404):
            return False
        raise
    return True


def _findings(cluster: Cluster, job: str, wait: float) -> list[Finding]:
    deadline = time.monotonic() + wait
    trouble = "no pod of it appeared: the events of the Job say why (quota, Pod Security)"
    while time.monotonic() < deadline:
        for pod in cluster.list(PODS, f"batch.kubernetes.io/job-name={job}"):
            name, phase = pod["metadata"]["name"], pod.get("status", {}).get("phase")
            if phase in ("Succeeded", "Failed"):
                return _read(cluster.log(name, CONTAINER), trouble_of(pod))
            trouble = trouble_of(pod) or f"its pod is {phase}"
        time.sleep(POLL_SECONDS)
    repair = f"Look at `kubectl -n {cluster.namespace} get events`; can the nodes fetch images.training?"
    return [Finding(NAME, "fail", f"the Job did not end within {wait:g} s: {trouble}", repair)]


def _read(told: str, trouble: str) -> list[Finding]:
    for line in reversed(told.splitlines()):
        try:
            return [_from_inside(values) for values in json.loads(line)["findings"]]
        except (ValueError, TypeError, KeyError):
            continue
    found = f"the Job told nothing ({trouble or 'no reason given'}): {told[-TAIL:].strip() or 'an empty log'}"
    return [Finding(NAME, "fail", found, "Set images.training to an image of this version.")]


def _from_inside(values: dict[str, str]) -> Finding:
    return Finding(f"{NAME}: {values['name']}", values["state"], values["found"], values["repair"])  # type: ignore[arg-type]
