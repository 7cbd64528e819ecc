"""KServe's own controller with its webhooks, and a stand-in for the kubelet, which makes its pods ready."""

import base64
import datetime
import ipaddress
import json
import os
import subprocess

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plane.control_plane import HOST, LEASH, free_port, wait_until_ready
from plane.player import Player
from pulih.stores.cluster import CONFIG_MAPS, NODES, Resource

NAMESPACE = "kserve"
PODS = Resource("", "v1", "pods")
NODE = {"apiVersion": "v1", "kind": "Node", "name": "played"}
HOOKS = Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", namespaced=False)
VALIDATORS = Resource("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", namespaced=False)
SERVICES = {"apiGroups": ["serving.kserve.io"], "apiVersions": ["v1beta1"], "resources": ["inferenceservices"]}
NEW_PODS = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}


def certificate(folder):
    """Make a certificate for loopback in ``folder`` and return it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "webhooks of the tests")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    folder.mkdir(parents=True)
    (folder / "tls.crt").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tls.key").write_bytes(private)
    return pem


class Controller:
    """The process of KServe's controller in Standard mode, without an ingress."""

    def __init__(self, api, folder):
        self._api, self._folder, self._process = api, folder, None

    def start(self):
        self._configure()
        ports = {name: free_port() for name in ("health", "metrics", "webhooks")}
        # Its certificates are looked for below the temporary folder.
        authority = certificate(self._folder / "k8s-webhook-server" / "serving-certs")
        command = [
            self._api.plane.binaries / "kserve-manager",
            f"-kubeconfig={self._api.plane.kubeconfig}",
            f"-health-probe-addr={HOST}:{ports['health']}",
            f"-metrics-addr={HOST}:{ports['metrics']}",
            f"-webhook-port={ports['webhooks']}",
        ]
        environment = {"PATH": os.environ["PATH"], "POD_NAMESPACE": NAMESPACE, "TMPDIR": str(self._folder)}
        with (self._folder / "kserve.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*LEASH, *map(str, command)], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until_ready(f"http://{HOST}:{ports['health']}/readyz", self._process, self._folder / "kserve.log")
        self._register(f"https://{HOST}:{ports['webhooks']}", authority)

    def stop(self):
        admin = self._api.cluster()
        admin.delete(HOOKS, "kserve")
        admin.delete(VALIDATORS, "kserve")
        self._process.terminate()
        self._process.wait(30)

    def _configure(self):
        shipped = yaml.safe_load((self._api.plane.binaries / "inferenceservice-config.yaml").read_text())
        data = {key: value for key, value in shipped["data"].items() if key != "_example"}
        data["deploy"] = json.dumps({"defaultDeploymentMode": "Standard"})
        data["ingress"] = json.dumps(json.loads(data["ingress"]) | {"disableIngressCreation": True})
        self._api.namespace(NAMESPACE)
        self._api.cluster(NAMESPACE).apply(CONFIG_MAPS, {**shipped, "data": data})

    def _register(self, url, authority):
        def hook(name, path, rule, operations):
            return {
                "name": f"{name}.kserve-webhook-server.tests",
                "clientConfig": {"url": url + path, "caBundle": base64.b64encode(authority).decode()},
                "rules": [{**rule, "operations": operations}],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }

        kind, changes = "serving-kserve-io-v1beta1-inferenceservice", ["CREATE", "UPDATE"]
        # As KServe registers it: pods of an InferenceService get what fetches their model.
        ours = [{"key": "serving.kserve.io/inferenceservice", "operator": "Exists"}]
        injected = hook("pods", "/mutate-pods", NEW_PODS, ["CREATE"])
        injected["objectSelector"] = {"matchExpressions": ours}
        mutating = [hook("defaults", f"/mutate-{kind}", SERVICES, changes), injected]
        validating = [hook("rules", f"/validate-{kind}", SERVICES, changes)]
        admin = self._api.cluster()
        for resource, name, hooks in (
            (HOOKS, "MutatingWebhookConfiguration", mutating),
            (VALIDATORS, "ValidatingWebhookConfiguration", validating),
        ):
            made = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": name, "metadata": {"name": "kserve"}}
            admin.apply(resource, made | {"webhooks": hooks})


class Kubelet(Player):
    """Makes every pod of a namespace ready, with a real model server at an address of its own behind it."""

    def __init__(self, cluster, serve):
        super().__init__(cluster, PODS)
        self._serve, self.pods = serve, {}
        # Only pods of a node that is there become endpoints of a Service.
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE["name"]}}
        cluster.apply(NODES, node)

    def tend(self, pod):
        name, path = pod["metadata"]["name"], PODS.path(self._cluster.namespace, pod["metadata"]["name"])
        if pod["metadata"].get("deletionTimestamp"):
            options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
            self._cluster.request("DELETE", path, options)
        elif not pod["status"].get("podIP"):
            self.pods[name] = pod
            [fetching] = [c for c in pod["spec"]["initContainers"] if c["name"] == "storage-initializer"]
            address = self._serve(fetching["args"][0])
            if address is None:
                return
            binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": NODE}
            if not pod["spec"].get("nodeName"):
                self._cluster.request("POST", f"{path}/binding", binding)
            pod = self._cluster.get(PODS, name)
            conditions = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady", "PodScheduled")]
            pod["status"] |= {"phase": "Running", "conditions": conditions}
            pod["status"] |= {"podIP": address, "podIPs": [{"ip": address}]}
            self._cluster.request("PUT", f"{path}/status", pod)
