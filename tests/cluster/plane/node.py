"""A node that is played: pods run as processes of this machine, and their logs are where a kubelet has them.

No images, no isolation and no DNS: what a container would run is run by this environment's Python.
"""

import base64
import datetime
import os
import signal
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from plane.control_plane import HOST, LEASH
from plane.kserve_controller import certificate
from plane.player import Player
from pulih.stores.cluster import CONFIG_MAPS, NODES, PODS, SECRETS

NAME = "played-node"


class Running:
    """The process of a pod, and what it told, each line with its time."""

    def __init__(self, command, environment):
        self.lines = []
        self.process = subprocess.Popen(
            [*LEASH, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z"), line))

    def ended(self):
        code = self.process.poll()
        if code is not None:
            self._reader.join()
        return code


class Logs(BaseHTTPRequestHandler):
    """GET /containerLogs/NAMESPACE/POD/CONTAINER, as the API server asks a kubelet."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        running = self.server.running.get(parts.path.split("/")[3])
        since = query.get("sinceTime", "")[:19]
        lines = [(stamp, line) for stamp, line in (running.lines if running else []) if stamp[:19] >= since]
        lines = lines[-int(query["tailLines"]) :] if "tailLines" in query else lines
        told = "".join(f"{stamp} {line}" if query.get("timestamps") == "true" else line for stamp, line in lines)
        body = told.encode()
        self.send_response(200 if running else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Node(Player):
    """Runs every pod of a namespace; ``environment`` goes over what the pod says, e.g. where Python is."""

    def __init__(self, cluster, folder, environment):
        super().__init__(cluster, PODS)
        self._folder, self._environment = folder, environment
        self.running, self.specs = {}, {}
        certificate(folder / "kubelet")
        self._server = ThreadingHTTPServer((HOST, 0), Logs)
        self._server.running = self.running
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "kubelet" / "tls.crt", folder / "kubelet" / "tls.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._register()

    def _register(self):
        made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NAME}}
        node = self._cluster.apply(NODES, made)
        port = {"kubeletEndpoint": {"Port": self._server.server_port}}
        node["status"] = {"addresses": [{"type": "InternalIP", "address": HOST}], "daemonEndpoints": port}
        self._cluster.request("PUT", f"{NODES.path('', NAME)}/status", node)

    def stop(self):
        super().stop()
        for one in self.running.values():
            if one.process.poll() is None:
                one.process.kill()
        self._server.shutdown()

    def tend(self, pod):
        name = pod["metadata"]["name"]
        one = self.running.get(name)
        if pod["metadata"].get("deletionTimestamp"):
            self._end(name, one)
        elif one is None and "nodeName" not in pod["spec"]:
            self._begin(name, pod)
        elif one is not None and pod["status"].get("phase") == "Running" and one.ended() is not None:
            code = one.ended()
            ended = {"exitCode": code % 256, "reason": "Error" if code else "Completed"}
            self._tell(name, "Failed" if code else "Succeeded", {"terminated": ended})

    def _begin(self, name, pod):
        target = {"apiVersion": "v1", "kind": "Node", "name": NAME}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
        self._cluster.request("POST", f"{PODS.path(self._cluster.namespace, name)}/binding", binding)
        self.specs[name] = pod
        [container] = pod["spec"]["containers"]
        command = [*container["command"], *container.get("args", [])]
        programs = {"python": sys.executable, "pulih": str(Path(sys.executable).with_name("pulih"))}
        command = [programs.get(command[0], command[0]), *command[1:]]
        self.running[name] = Running(command, self._variables(name, pod, container))
        self._tell(name, "Running", {"running": {}})

    def _end(self, name, one):
        path = PODS.path(self._cluster.namespace, name)
        if one is not None and one.process.poll() is None:
            if not getattr(one, "told", False):
                one.told = True
                one.process.send_signal(signal.SIGTERM)
            return
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
        self._cluster.request("DELETE", path, options)

    def _tell(self, name, phase, state):
        pod = self._cluster.get(PODS, name)
        if pod is None:
            return
        ready = phase == "Running"
        status = {"name": pod["spec"]["containers"][0]["name"], "image": "", "imageID": "", "ready": ready}
        conditions = [{"type": kind, "status": str(ready)} for kind in ("Ready", "ContainersReady")]
        scheduled = {"type": "PodScheduled", "status": "True"}
        told = {"phase": phase, "containerStatuses": [status | {"restartCount": 0, "state": state}]}
        pod["status"] |= told | {"conditions": [*conditions, scheduled]}
        self._cluster.request("PUT", f"{PODS.path(self._cluster.namespace, name)}/status", pod)

    def _variables(self, name, pod, container):
        own = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                own |= self._cluster.get(CONFIG_MAPS, source["configMapRef"]["name"])["data"]
            else:
                secret = self._cluster.get(SECRETS, source["secretRef"]["name"])["data"]
                own |= {key: base64.b64decode(value).decode() for key, value in secret.items()}
        for variable in container.get("env", []):
            own[variable["name"]] = variable.get("value") or _field(pod, variable.get("valueFrom", {}))
        place = self._folder / name
        place.mkdir()
        return own | {"PULIH_RUNS_DIR": str(place), "HOME": str(place)} | self._environment


def _field(pod, source):
    path = source.get("fieldRef", {}).get("fieldPath", "")
    if path.startswith("metadata.annotations["):
        return pod["metadata"].get("annotations", {}).get(path.split("'")[1], "")
    if path.startswith("metadata.labels["):
        return pod["metadata"].get("labels", {}).get(path.split("'")[1], "")
    return {"metadata.name": pod["metadata"]["name"]}.get(path, "")
