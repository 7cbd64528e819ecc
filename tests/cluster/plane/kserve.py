"""The part of KServe's controller that `pulih deploy` sees, played by the tests: there are no nodes for real pods.

Per InferenceService it makes the Services that KServe makes, puts real model servers of this machine behind them, and
writes the status. It can be told that a model does not load, never gets ready, or is not the one that was asked for.
"""

from plane.player import Player
from pulih.stores.cluster import DEPLOYMENTS, INFERENCE_SERVICES, Resource

SERVICES = Resource("", "v1", "services")
SLICES = Resource("discovery.k8s.io", "v1", "endpointslices")
PODS = Resource("", "v1", "pods")


class KServe(Player):
    """The controller of one namespace."""

    def __init__(self, cluster, servers):
        super().__init__(cluster, INFERENCE_SERVICES, 0.1)
        self._servers, self.seen, self._known = servers, [], set()
        self.failing, self.silent, self.exchanged = set(), set(), {}

    def healthy(self):
        """Forget every fault and what was seen."""
        self.failing, self.silent, self.exchanged, self.seen = set(), set(), {}, []

    def tend(self, item):
        if not settled(item):
            self._reconcile(item)

    def _reconcile(self, item):
        name, predictor = item["metadata"]["name"], item["spec"]["predictor"]
        uri, knative = predictor["model"]["storageUri"], "Knative" in str(item["metadata"]["annotations"])
        mark = item["metadata"]["annotations"].get("pulih/rollout", "unmarked")
        revision = f"{name}-predictor-{mark}"
        canaries = [(one["predictor"]["name"], one) for one in item["spec"].get("canary", [])]
        percents = [one["trafficPercent"] for _, one in canaries] or [predictor.get("canaryTrafficPercent", 100)]
        known = item["metadata"]["uid"], item["metadata"]["generation"]
        if known not in self._known:
            self._known.add(known)
            self.seen.append((percents[0], uri))
        parts = {f"{revision}-private" if knative else f"{name}-predictor": (uri, mark)}
        for own, one in canaries:
            marked = one["predictor"]["annotations"]["pulih/rollout"]
            parts[f"{name}-{own}-predictor"] = (one["predictor"]["model"]["storageUri"], marked)
        ready = {service: self._serve(service, *part) for service, part in parts.items()}
        hopeless = bool(self.failing & {address for address, _ in parts.values()})
        item["status"] = {
            "observedGeneration": item["metadata"]["generation"],
            "conditions": [condition("Ready", all(ready.values()) and not hopeless)],
            "modelStatus": load("BlockedByFailedLoad" if hopeless else "UpToDate"),
            "canaryStatuses": [
                {"name": own, "ready": ready[f"{name}-{own}-predictor"], "trafficPercent": one["trafficPercent"]}
                for own, one in canaries
            ],
            "components": {"predictor": {"latestCreatedRevision": revision, "latestReadyRevision": revision}},
        }
        self._cluster.request("PUT", INFERENCE_SERVICES.path(self._cluster.namespace, name) + "/status", item)

    def _serve(self, service, uri, mark):
        if uri in self.silent:
            return False
        self._deploy(service, mark)
        if uri in self.failing:
            return False
        found = self._servers.address(self.exchanged.get(uri, uri))
        if found is None:
            return False
        host, port = found
        meta = {"name": service}
        spec = {"ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
        self._cluster.apply(SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
        endpoint = {"addresses": [host], "conditions": {"ready": True}, "targetRef": self._pod(service, host)}
        labels = {"kubernetes.io/service-name": service}
        made = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta | {"labels": labels}}
        made |= {"addressType": "IPv4", "endpoints": [endpoint], "ports": [{"name": "http", "port": port}]}
        self._cluster.apply(SLICES, made)
        return True

    def _deploy(self, service, mark):
        """A Deployment that carries the mark of its pods, of which Kubernetes itself shall make none."""
        labels = {"app": service}
        pod = {"metadata": {"labels": labels, "annotations": {"pulih/rollout": mark}}}
        pod["spec"] = {"containers": [{"name": "server", "image": "played"}]}
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": service}, "spec": spec}
        self._cluster.apply(DEPLOYMENTS, made)

    def _pod(self, service, host):
        """A pod that no node runs, with the address of this machine: an API server sends nothing to anything else."""
        path = PODS.path(self._cluster.namespace, service)
        if self._cluster.get(PODS, service) is None:
            spec = {"containers": [{"name": "server", "image": "played"}], "automountServiceAccountToken": False}
            made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": service}, "spec": spec}
            found = self._cluster.request("POST", PODS.path(self._cluster.namespace), made)
            found["status"] = {"phase": "Running", "podIP": host, "podIPs": [{"ip": host}]}
            self._cluster.request("PUT", f"{path}/status", found)
        uid = self._cluster.get(PODS, service)["metadata"]["uid"]
        return {"kind": "Pod", "namespace": self._cluster.namespace, "name": service, "uid": uid}


def settled(item):
    """Whether there is nothing more to tell of this generation."""
    status = item.get("status", {})
    done = status.get("observedGeneration") == item["metadata"]["generation"]
    return done and any(c["type"] == "Ready" and c["status"] == "True" for c in status["conditions"])


def condition(kind, holds):
    status = "True" if holds else "False"
    return {"type": kind, "status": status, "reason": "Played", "message": "by the tests"}


def load(status):
    info = {"reason": "ModelLoadFailed", "message": "no such opset"}
    states = {"activeModelState": "Loaded" if status == "UpToDate" else "FailedToLoad"}
    return {"transitionStatus": status, "states": states} | ({} if status == "UpToDate" else {"lastFailureInfo": info})
