"""etcd, kube-apiserver and kube-controller-manager on loopback: a real control plane, without nodes."""

import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HOST = "127.0.0.1"
ADMIN = "administrator-of-the-tests"
# What a cluster without nodes has use for.
CONTROLLERS = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "deployment-controller",
    "replicaset-controller",
    "job-controller",
    "cronjob-controller",
    "resourcequota-controller",
    "persistentvolumeclaim-protection-controller",
    "disruption-controller",
    "endpointslice-controller",
    "clusterrole-aggregation-controller",
)
# Also when the tests are killed nothing of them stays behind.
LEASH = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


def free_port():
    with socket.create_server((HOST, 0)) as probe:
        return probe.getsockname()[1]


def wait_until_ready(request, process, log, seconds=600):
    """Ask until the answer is 200; when the process ends, or too much time passes, the end of its log is raised."""
    deadline = time.monotonic() + seconds
    trusting = ssl._create_unverified_context()
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5, context=trusting) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"not ready within {seconds} s, ended with {process.poll()}:\n{log.read_text()[-3000:]}")
        time.sleep(0.3)


class ControlPlane:
    """The three processes, data and logs in ``folder``; ``binaries`` is what scripts/cluster_tools.sh prints."""

    def __init__(self, folder, binaries):
        self.folder, self.binaries = folder, binaries
        self.url = f"https://{HOST}:{free_port()}"
        self.kubeconfig = folder / "admin.kubeconfig"
        self._etcd = f"http://{HOST}:{free_port()}"
        self._processes = []

    def start(self):
        self._write_keys()
        peer = f"http://{HOST}:{free_port()}"
        self._run("etcd", "etcd", f"--data-dir={self.folder}/etcd", f"--listen-client-urls={self._etcd}",
                  f"--advertise-client-urls={self._etcd}", f"--listen-peer-urls={peer}",
                  f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}",
                  # The data live as long as the tests.
                  "--unsafe-no-fsync" if self._knows_no_fsync() else "--snapshot-count=10000")  # fmt: skip
        keys = ("--service-account-key-file=sa.pub", "--service-account-signing-key-file=sa.key")
        self._run("kube-apiserver", self.binaries / "kube-apiserver", f"--etcd-servers={self._etcd}",
                  "--cert-dir=certificates", f"--bind-address={HOST}", f"--secure-port={self.url.rsplit(':', 1)[1]}",
                  "--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none", "--profiling=false",
                  "--service-account-issuer=https://kubernetes.default.svc", *keys,
                  "--allow-privileged=true", "--authorization-mode=RBAC", "--token-auth-file=tokens.csv")  # fmt: skip
        # The certificate is made by the server itself a moment ago.
        request = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {ADMIN}"})
        wait_until_ready(request, self._processes[-1], self.folder / "kube-apiserver.log")
        self.write_kubeconfig(self.kubeconfig, ADMIN)
        self._run("kube-controller-manager", self.binaries / "kube-controller-manager",
                  f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0", "--profiling=false",
                  "--service-account-private-key-file=sa.key", f"--root-ca-file={self._authority}",
                  f"--controllers={','.join(CONTROLLERS)}")  # fmt: skip

    def stop(self):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def write_kubeconfig(self, path, token, namespace="default"):
        """Write a kubeconfig for whoever has ``token``."""
        cluster = {"server": self.url, "certificate-authority": str(self._authority)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "user", "namespace": namespace}}],
            "current-context": "tests",
        }
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)
        return path

    @property
    def _authority(self):
        return self.folder / "certificates" / "apiserver.crt"

    def _write_keys(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (self.folder / "sa.key").write_bytes(private)
        (self.folder / "sa.pub").write_bytes(public)
        (self.folder / "tokens.csv").write_text(f"{ADMIN},administrator,administrator,system:masters\n")

    def _knows_no_fsync(self):
        told = subprocess.run(["etcd", "--help"], capture_output=True, text=True, check=False)
        return "unsafe-no-fsync" in told.stdout + told.stderr

    def _run(self, name, *command):
        environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*LEASH, *map(str, command)],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
