"""Kubeflow Trainer's and JobSet's own controllers with their webhooks; Kubernetes' own makes the pods."""

import base64
import os
import subprocess

import yaml

from plane.control_plane import HOST, LEASH, free_port, wait_until_ready
from plane.kserve_controller import HOOKS, VALIDATORS, certificate
from pulih.stores.cluster import Resource

DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False)
RESOURCES = {"MutatingWebhookConfiguration": HOOKS, "ValidatingWebhookConfiguration": VALIDATORS}
SETTINGS = {
    "jobset": ("config.jobset.x-k8s.io/v1alpha1", "internalCertManagement", "jobset-manager"),
    "trainer": ("config.trainer.kubeflow.org/v1alpha1", "certManagement", "trainer-controller-manager"),
}


class Manager:
    """One controller, by its short name."""

    def __init__(self, api, folder, name):
        self._api, self._folder, self._name, self._process = api, folder, name, None
        self._hooks = []

    def start(self):
        self._folder.mkdir()
        version, certificates, binary = SETTINGS[self._name]
        health, port = free_port(), free_port()
        authority = certificate(self._folder / "k8s-webhook-server" / "serving-certs")
        config = {
            "apiVersion": version,
            "kind": "Configuration",
            "health": {"healthProbeBindAddress": f"{HOST}:{health}"},
            "metrics": {"bindAddress": f"{HOST}:{free_port()}"},
            "webhook": {"port": port, "host": HOST},
            "leaderElection": {"leaderElect": False},
            certificates: {"enable": False},
        }
        (self._folder / "config.yaml").write_text(yaml.safe_dump(config))
        command = [self._api.plane.binaries / binary, f"--config={self._folder / 'config.yaml'}"]
        # Its certificates are looked for below the temporary folder.
        environment = {"PATH": os.environ["PATH"], "TMPDIR": str(self._folder)}
        environment |= {"KUBECONFIG": str(self._api.plane.kubeconfig)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*LEASH, *map(str, command)], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until_ready(f"http://{HOST}:{health}/readyz", self._process, self._log)
        self._register(f"https://{HOST}:{port}", base64.b64encode(authority).decode())

    def stop(self):
        for resource, name in self._hooks:
            self._api.cluster().delete(resource, name)
        self._process.terminate()
        self._process.wait(30)

    @property
    def _log(self):
        return self._folder / f"{self._name}.log"

    def _register(self, url, authority):
        shipped = (self._api.plane.binaries / f"{self._name}-webhooks.yaml").read_text()
        for made in filter(None, yaml.safe_load_all(shipped)):
            made["metadata"]["name"] = f"{self._name}-{made['metadata']['name']}"
            for hook in made["webhooks"]:
                path = hook["clientConfig"].pop("service")["path"]
                hook["clientConfig"] = {"url": url + path, "caBundle": authority}
            self._api.cluster().apply(RESOURCES[made["kind"]], made)
            self._hooks.append((RESOURCES[made["kind"]], made["metadata"]["name"]))
