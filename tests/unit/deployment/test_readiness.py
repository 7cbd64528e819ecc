"""Ready is what KServe says of this very generation, of its newest revision and of the canary."""

import dataclasses

import pytest

from pulih.common.errors import ClusterError
from pulih.deployment import readiness
from pulih.deployment.config import RolloutConfig
from pulih.deployment.readiness import Wanted
from pulih.stores.cluster import INFERENCE_SERVICES

QUICK = RolloutConfig(ready_seconds=0.05, poll_seconds=0.01)
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
PATH = INFERENCE_SERVICES.path("pulih", "restorer")
STABLE, CANARY = Wanted("restorer", "Standard", "new"), Wanted("restorer", "Standard", "new", "v4")
KNATIVE = Wanted("restorer", "Knative", "new", stale="r1")


def waited(api, cluster, status, target=STABLE, mark="new", available=1):
    api.objects[PATH] = {"metadata": {"name": "restorer"}, "status": status}
    place = f"/apis/apps/v1/namespaces/pulih/deployments/{target.deployment}"
    pods = {"metadata": {"annotations": {"pulih/rollout": mark}}}
    counts = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available}
    spec = {"replicas": 1, "template": pods}
    api.objects[place] = {"metadata": {"generation": 2}, "spec": spec, "status": counts}
    return readiness.wait(cluster, target, QUICK)


def test_ready_counts_only_of_the_pods_that_were_asked_for(api, cluster):
    assert waited(api, cluster, READY)["status"] == READY
    for former in ({"mark": "old"}, {"available": 0}):
        with pytest.raises(ClusterError, match="no word from KServe's controller"):
            waited(api, cluster, READY, **former)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"conditions": [{"type": "Ready", "status": "False", "reason": "R", "message": "M"}]}, r"is False \(R: M"),
        ({"canaryStatuses": [{"name": "v4", "ready": False}]}, "canary v4 is not ready"),
        ({"canaryStatuses": None}, "no word"),
        ({"conditions": None}, "no word"),
    ],
)
def test_what_is_not_ready_is_told(api, cluster, more, message):
    with pytest.raises(ClusterError, match=message):
        waited(api, cluster, READY | more, CANARY if "canaryStatuses" in more else STABLE)


def test_a_canary_is_ready_when_its_own_pods_are(api, cluster):
    status = READY | {"canaryStatuses": [{"name": "v4", "ready": True}]}
    assert waited(api, cluster, status, CANARY)["status"] == status


@pytest.mark.parametrize(("created", "ready", "fit"), [("r2", "r2", True), ("r2", "r1", False), ("r1", "r1", False)])
def test_knatives_newest_revision_must_be_new_and_ready(api, cluster, created, ready, fit):
    parts = {"latestCreatedRevision": created, "latestReadyRevision": ready}
    found = {"status": READY | {"components": {"predictor": parts}}}
    assert readiness.is_ready(cluster, found, KNATIVE) is fit


@pytest.mark.parametrize("where", ["modelStatus", "canaryStatuses"])
def test_a_model_that_will_never_load_is_not_waited_for(api, cluster, where):
    failed = {"transitionStatus": "InvalidSpec", "lastFailureInfo": {"reason": "NoSupportingRuntime", "message": "x"}}
    status = READY | ({where: failed} if where == "modelStatus" else {where: [{"name": "v4", "modelStatus": failed}]})
    with pytest.raises(ClusterError, match="InvalidSpec: NoSupportingRuntime x"):
        waited(api, cluster, status)


def test_pods_that_were_ready_before_are_waited_for_whatever_the_status_says_of_those_that_they_replace(api, cluster):
    status = READY | {"modelStatus": {"transitionStatus": "BlockedByFailedLoad"}}
    assert waited(api, cluster, status, dataclasses.replace(STABLE, proven=True))["status"] == status


def test_an_endpoint_that_somebody_deletes_is_told(cluster):
    with pytest.raises(ClusterError, match="nothing of that name any more"):
        readiness.wait(cluster, STABLE, QUICK)


def test_watching_looks_at_least_once():
    looks = []
    readiness.watch(0, QUICK, lambda: looks.append(1))
    assert looks == [1]
