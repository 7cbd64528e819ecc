"""What the status of an InferenceService says: ready, not yet, or never."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pulih.common.errors import ClusterError
from pulih.common.logging import get_logger
from pulih.deployment.config import RolloutConfig
from pulih.deployment.endpoint import MARK, Manifest, Mode, mode_of
from pulih.stores.cluster import DEPLOYMENTS, INFERENCE_SERVICES, Cluster

log = get_logger(__name__)
HOPELESS = ("BlockedByFailedLoad", "InvalidSpec")


@dataclass(frozen=True)
class Wanted:
    """What an InferenceService must come to serve.

    ``mark`` is that of the pods, ``canary`` the name of a canary in Standard mode; ``stale`` is Knative's revision that
    must have been replaced, None when the pods stay the same. Of ``proven`` pods a failed load is no news: the status
    is then still about those that they replace.
    """

    name: str
    mode: Mode
    mark: str
    canary: str | None = None
    stale: str | None = None
    proven: bool = False

    @property
    def deployment(self) -> str:
        """The Deployment (and the Service) of the pods, in Standard mode."""
        return f"{self.name}-{self.canary}-predictor" if self.canary else f"{self.name}-predictor"


def wanted(manifest: Manifest, live: Manifest | None) -> Wanted:
    """Return what to wait for once ``manifest`` takes the place of ``live``."""
    mode, name = mode_of(manifest), manifest["metadata"]["name"]
    mark = manifest["metadata"]["annotations"][MARK]
    if canaries := manifest["spec"].get("canary"):
        predictor = canaries[0]["predictor"]
        return Wanted(name, mode, predictor["annotations"][MARK], predictor["name"])
    changes = live is not None and live["metadata"]["annotations"].get(MARK) != mark
    return Wanted(name, mode, mark, stale=_revisions(live)[0] if live and changes else None)


def wait(cluster: Cluster, target: Wanted, config: RolloutConfig) -> Any:
    """Wait until an InferenceService serves what it should, and return it.

    Its ``observedGeneration`` does not help: KServe copies the Deployment's there, or that of Knative's service.

    Raises:
        ClusterError: it never will be ready, is gone, or is not ready in time; with what it says of itself.
    """
    deadline = time.monotonic() + config.ready_seconds
    while True:
        found = cluster.get(INFERENCE_SERVICES, target.name)
        if found is None:
            fix = "Somebody deleted it: find out who, then deploy again."
            raise ClusterError(f"the InferenceService {target.name}", "nothing of that name any more", fix)
        if is_ready(cluster, found, target):
            return found
        if time.monotonic() > deadline:
            fix = f"See `kubectl -n {cluster.namespace} describe inferenceservice {target.name}` and the pods' events."
            raise ClusterError(f"{target.name} ready within {config.ready_seconds:g} s", describe(found), fix)
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


def is_ready(cluster: Cluster, found: dict[str, Any], target: Wanted) -> bool:
    """Return whether KServe has acted on the last change and all of it is ready; raises when it never will be."""
    status = found.get("status", {})
    if target.mode == "Knative":
        made, ready = _revisions(found)
        acted, pods = made not in ("", target.stale), made == ready
    else:
        acted, pods = _deployment(cluster, target)
    if not acted:
        return False
    if not target.proven:
        _check_hope(target.name, status)
    canaries = {one.get("name"): one.get("ready") for one in status.get("canaryStatuses") or []}
    fit = bool(canaries.get(target.canary)) if target.canary else True
    return pods and fit and _condition(status, "Ready").get("status") == "True"


def _deployment(cluster: Cluster, target: Wanted) -> tuple[bool, bool]:
    """Return whether the Deployment is of the wanted pods, and whether these have replaced all others."""
    found = cluster.get(DEPLOYMENTS, target.deployment)
    if found is None:
        return False, False
    acted = (found["spec"]["template"]["metadata"].get("annotations") or {}).get(MARK) == target.mark
    status, replicas = found.get("status", {}), found["spec"]["replicas"]
    current = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("updatedReplicas", "availableReplicas")]
    return acted, current and min(counts) >= replicas and status.get("replicas", 0) == replicas


def _revisions(found: dict[str, Any]) -> tuple[str, str]:
    parts = found.get("status", {}).get("components", {}).get("predictor", {})
    return parts.get("latestCreatedRevision", ""), parts.get("latestReadyRevision", "")


def describe(found: dict[str, Any]) -> str:
    """Return what an InferenceService says of the conditions that do not hold."""
    status = found.get("status", {})
    lacking = [
        f"{c['type']} is {c.get('status')} ({c.get('reason') or 'no reason'}: {c.get('message') or 'no message'})"
        for c in (status.get("conditions") or [])
        if c.get("status") != "True"
    ]
    canaries = [
        f"canary {one.get('name')} is not ready" for one in status.get("canaryStatuses") or [] if not one.get("ready")
    ]
    return "; ".join([*lacking, *canaries]) or "no word from KServe's controller about this change"


def _check_hope(name: str, status: dict[str, Any]) -> None:
    parts = [status, *(status.get("canaryStatuses") or [])]
    for model in (part.get("modelStatus", {}) for part in parts):
        if model.get("transitionStatus") in HOPELESS:
            info = model.get("lastFailureInfo", {})
            found = f"{model['transitionStatus']}: {info.get('reason', '')} {info.get('message', '')}".strip()
            raise ClusterError(f"{name} to load its model", found, "Repair what the message names, then deploy again.")


def _condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((each for each in (status.get("conditions") or []) if each.get("type") == kind), {})
