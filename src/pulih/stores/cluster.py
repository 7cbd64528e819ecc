"""A Kubernetes API server, through the kubernetes client; the only module that imports it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulih.common.errors import ClusterError
from pulih.stores.refusals import explain, unreachable

MANAGER = "pulih"
TIMEOUT = (5.0, 30.0)
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"


@dataclass(frozen=True)
class Resource:
    """A kind of object: API group (empty for Kubernetes' core), version, and plural name as in addresses."""

    group: str
    version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str, name: str = "") -> str:
        """Return the address of the objects, or of one of them."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}{place}/{self.plural}" + (f"/{name}" if name else "")

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


CONFIG_MAPS = Resource("", "v1", "configmaps")
SECRETS = Resource("", "v1", "secrets")
NODES = Resource("", "v1", "nodes", namespaced=False)
NAMESPACES = Resource("", "v1", "namespaces", namespaced=False)
STORAGE_CLASSES = Resource("storage.k8s.io", "v1", "storageclasses", namespaced=False)
DEPLOYMENTS = Resource("apps", "v1", "deployments")
INFERENCE_SERVICES = Resource("serving.kserve.io", "v1beta1", "inferenceservices")
PODS = Resource("", "v1", "pods")
JOBS = Resource("batch", "v1", "jobs")
TRAIN_JOBS = Resource("trainer.kubeflow.org", "v1alpha1", "trainjobs")
TRAINING_RUNTIMES = Resource("trainer.kubeflow.org", "v1alpha1", "trainingruntimes")
SERVING_RUNTIMES = Resource("serving.kserve.io", "v1alpha1", "servingruntimes")


class Cluster:
    """One namespace of a cluster, as the user of a kubeconfig or of a pod's service account sees it."""

    def __init__(self, client: Any, namespace: str) -> None:
        self._client, self.namespace = client, namespace
        self.address = str(client.configuration.host)

    @classmethod
    def connect(cls, context: str | None = None, namespace: str | None = None) -> "Cluster":
        """Read the kubeconfig (KUBECONFIG), inside of a pod its service account; no request is made yet.

        Args:
            context: of the kubeconfig; by default the current one.
            namespace: by default that of the context.

        Raises:
            ClusterError: there is no kubeconfig, no such context, or no namespace.
        """
        import yaml  # type: ignore[import-untyped]
        from kubernetes import client, config

        settings = client.Configuration()
        try:
            found = _configure(config, settings, context)
        except (config.ConfigException, yaml.YAMLError, OSError) as err:
            fix = "Set KUBECONFIG, name a context of it with --context (`kubectl config get-contexts` lists them)."
            raise ClusterError("a kubeconfig with a current context", " ".join(str(err).split())[:300], fix) from err
        chosen = namespace or found
        if not chosen:
            raise ClusterError("a namespace", "none in the kubeconfig's context", "Add --namespace NAME.")
        # The client itself would try three times and only then say that nobody listens.
        settings.retries = False
        return cls(client.ApiClient(settings), chosen)

    def request(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Any:
        """Send one request to the API server and return the JSON of its answer, of a log the text.

        Raises:
            ClusterError: nobody answers, or the answer is an error; ``status`` has its number.
        """
        from kubernetes.client import ApiException
        from kubernetes.config import ConfigException
        from urllib3.exceptions import HTTPError

        kind = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
        # The client would take a log of one JSON line for an object.
        is_log = path.endswith("/log")
        try:
            answer = self._client.call_api(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params={"Accept": "application/json", "Content-Type": kind},
                body=body,
                response_type="object",
                _preload_content=not is_log,
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _request_timeout=TIMEOUT,
            )
            return answer.data.decode("utf-8", "replace") if is_log else answer
        except ApiException as err:
            raise explain(err.status, err.reason, err.body, f"{method} {path}", self.address) from err
        except (HTTPError, ConfigException, OSError, ValueError) as err:
            raise unreachable(err, self.address) from err

    def get(self, resource: Resource, name: str) -> dict[str, Any] | None:
        """Return an object, None when there is none of that name."""
        try:
            found: dict[str, Any] = self.request("GET", resource.path(self.namespace, name))
        except ClusterError as err:
            if getattr(err, "status", None) == 404:
                return None
            raise
        return found

    def list(self, resource: Resource, labels: str = "") -> list[dict[str, Any]]:
        """Return all objects of a kind (of the namespace), or those with ``labels`` as in ``kubectl -l``."""
        query = {"labelSelector": labels} if labels else None
        return list(self.request("GET", resource.path(self.namespace), query=query)["items"])

    def log(self, pod: str, container: str, **query: str) -> str:
        """Return what a container of a pod has told, as ``kubectl logs`` does; ``query`` as in Kubernetes' API."""
        path = f"{PODS.path(self.namespace, pod)}/log"
        told: str = self.request("GET", path, query={"container": container, **query})
        return told

    def apply(self, resource: Resource, manifest: Mapping[str, Any], dry_run: bool = False) -> dict[str, Any]:
        """Apply a manifest on the server's side: unknown fields are refused, and fields that we left out go.

        Args:
            dry_run: let the server check and answer as if, and change nothing.
        """
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        query |= {"dryRun": "All"} if dry_run else {}
        path = resource.path(self.namespace, manifest["metadata"]["name"])
        applied: dict[str, Any] = self.request("PATCH", path, dict(manifest), query)
        return applied

    def delete(self, resource: Resource, name: str) -> None:
        """Remove an object and what belongs to it; a missing one is no error."""
        try:
            self.request("DELETE", resource.path(self.namespace, name), query={"propagationPolicy": "Foreground"})
        except ClusterError as err:
            if getattr(err, "status", None) != 404:
                raise

    def may(self, verb: str, resource: Resource, subresource: str = "", name: str = "") -> bool:
        """Ask the API server whether this identity may do that here."""
        attributes = {"verb": verb, "group": resource.group, "resource": resource.plural, "subresource": subresource}
        place = {"namespace": self.namespace} if resource.namespaced else {}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes | place | ({"name": name} if name else {})},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        return bool(self.request("POST", path, review)["status"]["allowed"])

    def ask_service(self, service: str, port: int, path: str, body: Mapping[str, Any]) -> Any:
        """POST JSON to a Service of the namespace, through the API server: works wherever kubectl does."""
        return self.request("POST", f"/api/v1/namespaces/{self.namespace}/services/{service}:{port}/proxy/{path}", body)


def _configure(config: Any, settings: Any, context: str | None) -> str:
    """Fill in ``settings`` and return the namespace that the surroundings name, or an empty text."""
    # The client itself looks at KUBECONFIG only once, when it is imported.
    file = os.environ.get("KUBECONFIG") or None
    try:
        config.load_kube_config(config_file=file, context=context, client_configuration=settings)
    except config.ConfigException:
        if context or not Path(SERVICE_ACCOUNT).is_file():
            raise
        config.load_incluster_config(client_configuration=settings)
        return Path(SERVICE_ACCOUNT).read_text(encoding="utf-8").strip()
    contexts, current = config.list_kube_config_contexts(config_file=file)
    chosen = next((each for each in contexts if each["name"] == context), current)
    return str(chosen["context"].get("namespace") or "")
