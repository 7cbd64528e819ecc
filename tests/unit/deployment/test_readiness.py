"""Ready is what KServe says of this very generation, of its newest revision and of the canary."""

import pytest

from pulih.common.errors import ClusterError
from pulih.deployment import readiness
from pulih.deployment.config import RolloutConfig
from pulih.stores.cluster import INFERENCE_SERVICES

QUICK = RolloutConfig(ready_seconds=0.05, poll_seconds=0.01)
READY = {"observedGeneration": 4, "conditions": [{"type": "Ready", "status": "True"}]}
PATH = INFERENCE_SERVICES.path("pulih", "restorer")


def waited(api, cluster, status, canary=None, generation=4):
    api.objects[PATH] = {"metadata": {"name": "restorer"}, "status": status}
    return readiness.wait(cluster, "restorer", generation, QUICK, canary)


def test_ready_counts_only_of_this_generation(api, cluster):
    assert waited(api, cluster, READY)["status"] == READY
    with pytest.raises(ClusterError, match="no word from KServe's controller"):
        waited(api, cluster, READY, generation=5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"conditions": [{"type": "Ready", "status": "False", "reason": "R", "message": "M"}]},
            r"Ready is False \(R: M",
        ),
        ({"canaryStatuses": [{"name": "v4", "ready": False}]}, "canary v4 is not ready"),
        ({"components": {"predictor": {"latestCreatedRevision": "b", "latestReadyRevision": "a"}}}, "ready within"),
        ({"conditions": None}, "no word"),
    ],
)
def test_what_is_not_ready_is_told(api, cluster, more, message):
    with pytest.raises(ClusterError, match=message):
        waited(api, cluster, READY | more, "v4" if "canaryStatuses" in more else None)


@pytest.mark.parametrize("where", ["modelStatus", "canaryStatuses"])
def test_a_model_that_will_never_load_is_not_waited_for(api, cluster, where):
    failed = {"transitionStatus": "InvalidSpec", "lastFailureInfo": {"reason": "NoSupportingRuntime", "message": "x"}}
    status = READY | ({where: failed} if where == "modelStatus" else {where: [{"name": "v4", "modelStatus": failed}]})
    with pytest.raises(ClusterError, match="InvalidSpec: NoSupportingRuntime x"):
        waited(api, cluster, status)


def test_an_endpoint_that_somebody_deletes_is_told(cluster):
    with pytest.raises(ClusterError, match="nothing of that name any more"):
        readiness.wait(cluster, "restorer", 1, QUICK)


def test_watching_looks_at_least_once():
    looks = []
    readiness.watch(0, QUICK, lambda: looks.append(1))
    assert looks == [1]
