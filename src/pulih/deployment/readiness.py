"""What the status of an InferenceService says: ready, not yet, or never."""

import time
from collections.abc import Callable
from typing import Any

from pulih.common.errors import ClusterError
from pulih.common.logging import get_logger
from pulih.deployment.config import RolloutConfig
from pulih.stores.cluster import INFERENCE_SERVICES, Cluster

log = get_logger(__name__)
HOPELESS = ("BlockedByFailedLoad", "InvalidSpec")


def wait(cluster: Cluster, name: str, generation: int, config: RolloutConfig, canary: str | None = None) -> Any:
    """Wait until everything that ``generation`` of an InferenceService asks for is ready, and return the object.

    Raises:
        ClusterError: it says that it never will be, is gone, or is not ready in time; with what it says of itself.
    """
    deadline = time.monotonic() + config.ready_seconds
    while True:
        found = cluster.get(INFERENCE_SERVICES, name)
        if found is None:
            fix = "Somebody deleted it: find out who, then deploy again."
            raise ClusterError(f"the InferenceService {name}", "nothing of that name any more", fix)
        if is_about(found, generation):
            _check_hope(name, found["status"])
            if is_ready(found, canary):
                return found
        if time.monotonic() > deadline:
            fix = f"See `kubectl -n {cluster.namespace} describe inferenceservice {name}` and the events of its pods."
            raise ClusterError(f"{name} ready within {config.ready_seconds:g} s", describe(found), fix)
        time.sleep(config.poll_seconds)


def watch(seconds: float, config: RolloutConfig, check: Callable[[], None]) -> None:
    """Call ``check`` now and again for so many seconds, at least once."""
    deadline = time.monotonic() + seconds
    while True:
        check()
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, max(config.poll_seconds, 1.0)))


def is_about(found: dict[str, Any], generation: int) -> bool:
    """Return whether the status was written after KServe had seen ``generation``."""
    return int(found.get("status", {}).get("observedGeneration", 0)) >= generation


def is_ready(found: dict[str, Any], canary: str | None) -> bool:
    """Return whether the status says Ready, of the newest revision and of the canary too."""
    status = found.get("status", {})
    parts = status.get("components", {}).get("predictor", {})
    # Knative: the revision that this generation made must be the one that is ready.
    if parts.get("latestCreatedRevision") != parts.get("latestReadyRevision"):
        return False
    if canary and not any(one.get("name") == canary and one.get("ready") for one in status.get("canaryStatuses", [])):
        return False
    return _condition(status, "Ready").get("status") == "True"


def describe(found: dict[str, Any]) -> str:
    """Return what an InferenceService says of the conditions that do not hold."""
    status = found.get("status", {})
    lacking = [
        f"{c['type']} is {c.get('status')} ({c.get('reason') or 'no reason'}: {c.get('message') or 'no message'})"
        for c in (status.get("conditions") or [])
        if c.get("status") != "True"
    ]
    canaries = [
        f"canary {one.get('name')} is not ready" for one in status.get("canaryStatuses", []) if not one.get("ready")
    ]
    return "; ".join([*lacking, *canaries]) or "no word from KServe's controller about this change"


def _check_hope(name: str, status: dict[str, Any]) -> None:
    models = [status.get("modelStatus", {}), *(one.get("modelStatus", {}) for one in status.get("canaryStatuses", []))]
    for model in models:
        if model.get("transitionStatus") in HOPELESS:
            info = model.get("lastFailureInfo", {})
            found = f"{model['transitionStatus']}: {info.get('reason', '')} {info.get('message', '')}".strip()
            raise ClusterError(f"{name} to load its model", found, "Repair what the message names, then deploy again.")


def _condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((each for each in (status.get("conditions") or []) if each.get("type") == kind), {})
