"""Objects of any kind at an API server, as an administrator, and the identity of a service account."""

import contextlib
import time

from pulih.stores.cluster import Cluster, Resource

CORE = "v1"


class Api:
    """Finds out what kinds there are, and applies, lists and removes objects."""

    def __init__(self, plane):
        self.plane = plane
        self._kinds = {}

    def cluster(self, namespace="default", kubeconfig=None):
        """The product's own client, as an administrator or with another kubeconfig."""
        with environment(KUBECONFIG=str(kubeconfig or self.plane.kubeconfig)):
            return Cluster.connect(namespace=namespace)

    def kinds(self):
        """Every kind that can be listed: (apiVersion, kind) to its resource."""
        admin = self.cluster()
        versions = ["v1", *(g["preferredVersion"]["groupVersion"] for g in admin.request("GET", "/apis")["groups"])]
        # Where a group has several versions, objects of the older ones are the same objects.
        versions += ["serving.kserve.io/v1alpha1"] * ("serving.kserve.io/v1beta1" in versions)
        found = {}
        for version in versions:
            group, _, number = version.rpartition("/")
            path = f"/apis/{version}" if group else f"/api/{version}"
            for item in admin.request("GET", path)["resources"]:
                if "/" not in item["name"] and "list" in item["verbs"]:
                    found[version, item["kind"]] = Resource(group, number, item["name"], item["namespaced"])
        return found

    def resource(self, item):
        """The resource of an object."""
        key = item["apiVersion"], item["kind"]
        if key not in self._kinds:
            self._kinds = self.kinds()
        return self._kinds[key]

    def apply(self, item, namespace="default", dry_run=False, cluster=None):
        """Apply an object with strict validation of its fields."""
        return (cluster or self.cluster(namespace)).apply(self.resource(item), item, dry_run)

    def namespace(self, name, **labels):
        """Make a namespace and wait for its default service account, which pods need."""
        self.apply({"apiVersion": CORE, "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        accounts = Resource("", "v1", "serviceaccounts")
        until(lambda: self.cluster(name).get(accounts, "default"), 30, f"a service account in {name}")
        return name

    def everything(self, namespace):
        """What is in a namespace, but for what Kubernetes itself puts there: set of kind/name."""
        admin, found = self.cluster(namespace), set()
        for (_, kind), resource in self.kinds().items():
            if resource.namespaced and kind not in ("Event", "EndpointSlice", "Lease"):
                found |= {f"{kind}/{item['metadata']['name']}" for item in admin.list(resource)}
        return found - {"ServiceAccount/default", "ConfigMap/kube-root-ca.crt"}

    def as_account(self, folder, namespace, account):
        """The cluster as a service account sees it, by a token of its own."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 7200},
        }
        token = self.cluster(namespace).request("POST", path, request)["status"]["token"]
        kubeconfig = self.plane.write_kubeconfig(folder / f"{account}.kubeconfig", token, namespace)
        return self.cluster(namespace, kubeconfig)


def until(condition, seconds, what):
    """Wait until ``condition`` gives something, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.2)


@contextlib.contextmanager
def environment(**variables):
    """Set variables while the block runs."""
    import os

    former = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
