"""The InferenceService of a release: whole, or beside another one as a canary, in the way its deployment mode can."""

import copy
from dataclasses import dataclass
from typing import Any, Literal

from pulih.common.config import digest_of
from pulih.common.errors import ClusterError
from pulih.deployment.release import Release
from pulih.stores.cluster import CONFIG_MAPS, INFERENCE_SERVICES, SECRETS, SERVING_RUNTIMES, Cluster
from pulih.stores.urls import S3Url

Manifest = dict[str, Any]
Mode = Literal["Standard", "Knative"]
# Older versions of KServe use the other names.
MODES: dict[str, Mode] = {
    "Standard": "Standard",
    "RawDeployment": "Standard",
    "Knative": "Knative",
    "Serverless": "Knative",
}
MODE = "serving.kserve.io/deploymentMode"
# Changes with every change of what pods are made of; KServe copies it to them, which tells that it has acted.
MARK = "pulih/rollout"
KEYS = ("PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
KSERVE_ENDPOINT = "serving.kserve.io/s3-endpoint"
PORT = 80


@dataclass(frozen=True)
class Pattern:
    """The chart's part of an endpoint: the InferenceService without a model, and the folder of its models."""

    manifest: Manifest
    models: S3Url

    @property
    def name(self) -> str:
        """The name of the InferenceService."""
        return str(self.manifest["metadata"]["name"])

    @property
    def mode(self) -> Mode:
        """How KServe runs it."""
        return mode_of(self.manifest)

    def whole(self, release: Release) -> Manifest:
        """Return the object that serves nothing but ``release``."""
        made = copy.deepcopy(self.manifest)
        made["metadata"]["annotations"] |= facts(release)
        made["spec"]["predictor"]["model"]["storageUri"] = release.uri
        made["metadata"]["annotations"][MARK] = digest_of(made)
        return made

    def beside(self, former: Manifest, release: Release, percent: int) -> Manifest:
        """Return the object that gives ``percent`` of the traffic to ``release`` and the rest to ``former``.

        In Standard mode the metadata stay those of ``former``: KServe copies them to its pods, which would restart.
        """
        made = self.whole(release)
        if self.mode == "Knative":
            made["spec"]["predictor"]["canaryTrafficPercent"] = percent
            return made
        # KServe's definition wants a name here, and its webhook none; the empty one suits both.
        model = made["spec"]["predictor"]["model"] | {"name": ""}
        mark = {MARK: digest_of([facts(release), model])}
        canary = {"name": release.canary, "annotations": facts(release) | mark, "model": model}
        made = copy.deepcopy(former)
        made["spec"]["canary"] = [{"trafficPercent": percent, "predictor": canary}]
        return made


def facts(release: Release) -> dict[str, str]:
    """Return the annotations that tell what an object serves."""
    return {
        "pulih/model": release.model,
        "pulih/model-version": release.version,
        "pulih/model-digest": release.digest,
        "pulih/decision-digest": release.decision,
    }


def mode_of(manifest: Manifest) -> Mode:
    """Return how KServe runs an InferenceService; raises ClusterError when it does not say so in its annotations."""
    named = manifest["metadata"].get("annotations", {}).get(MODE, "")
    if named not in MODES:
        fix = f"Set serving.mode in the chart's values; the annotation is {MODE}."
        raise ClusterError(f"one of the deployment modes {', '.join(MODES)}", repr(named), fix)
    return MODES[named]


def read_pattern(cluster: Cluster, release: str) -> Pattern:
    """Read what the chart that is installed as ``release`` says of its endpoint, and check what the endpoint needs.

    Raises:
        ClusterError: the chart, its runtime or the Secret with the store's keys is missing or incomplete, or the
            pattern asks for a canary that its mode ignores in silence.
    """
    import yaml  # type: ignore[import-untyped]

    found = cluster.get(CONFIG_MAPS, f"{release}-endpoint")
    if found is None:
        fix = f"Install the chart (`helm install {release} helm/pulih -n {cluster.namespace}`), or correct --release."
        raise ClusterError(f"the ConfigMap {release}-endpoint in {cluster.namespace}", "none", fix)
    pattern = Pattern(yaml.safe_load(found["data"]["inferenceservice.yaml"]), S3Url.parse(found["data"]["models"]))
    runtime = pattern.manifest["spec"]["predictor"]["model"]["runtime"]
    if cluster.get(SERVING_RUNTIMES, runtime) is None:
        fix = f"Upgrade the chart: `helm upgrade {release} helm/pulih -n {cluster.namespace} --reuse-values`."
        raise ClusterError(f"the ServingRuntime {runtime} in {cluster.namespace}", "none", fix)
    check_canary(pattern.manifest)
    if secret := found["data"]["storageSecret"]:
        _check_secret(cluster, secret)
    return pattern


def check_canary(manifest: Manifest) -> None:
    """Raise ClusterError when an object asks for a canary in the way that its mode ignores."""
    spec = manifest["spec"]
    if mode_of(manifest) == "Standard" and "canaryTrafficPercent" in spec["predictor"]:
        why = "canaryTrafficPercent, which KServe ignores in Standard mode: all traffic would move at once"
        fix = "Remove it: `pulih deploy` makes canaries in spec.canary."
        raise ClusterError("a canary that KServe acts on", why, fix)
    if mode_of(manifest) == "Knative" and spec.get("canary"):
        fix = "Remove it: `pulih deploy` sets canaryTrafficPercent."
        raise ClusterError("a canary that KServe acts on", "spec.canary, which exists in Standard mode only", fix)


def _check_secret(cluster: Cluster, name: str) -> None:
    found = cluster.get(SECRETS, name)
    if found is None:
        fix = "docs/cluster.md (Install) has the command that makes it; the value is storage.existingSecret."
        raise ClusterError(f"the Secret {name} with the store's keys in {cluster.namespace}", "none", fix)
    if lacking := [key for key in KEYS if not found.get("data", {}).get(key)]:
        fix = "Add them: `kubectl create secret generic --dry-run=client -o yaml ... | kubectl apply -f -`."
        raise ClusterError(f"{', '.join(KEYS)} in the Secret {name}", f"no {', '.join(lacking)}", fix)
    if KSERVE_ENDPOINT not in found["metadata"].get("annotations", {}):
        fix = "Annotate it: the notes of the chart print the command (`helm get notes`)."
        raise ClusterError(f"the annotation {KSERVE_ENDPOINT} at the Secret {name}", "none", fix)


def live(cluster: Cluster, pattern: Pattern) -> Manifest | None:
    """Return the InferenceService as it is; raises ClusterError when it runs in another mode than the pattern."""
    found = cluster.get(INFERENCE_SERVICES, pattern.name)
    if found is not None:
        check_canary(found)
        if mode_of(found) != pattern.mode:
            fix = f"Delete it first (`kubectl delete inferenceservice {pattern.name}`): KServe cannot change the mode."
            raise ClusterError(f"the endpoint in mode {pattern.mode}", f"it in mode {mode_of(found)}", fix)
    return found


def is_halfway(manifest: Manifest) -> bool:
    """Return whether a canary is under way: a deployment that was killed leaves it so."""
    spec = manifest["spec"]
    return bool(spec.get("canary")) or "canaryTrafficPercent" in spec["predictor"]
