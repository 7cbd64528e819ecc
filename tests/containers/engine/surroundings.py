"""What a cluster has around the tasks: an object store, a tracking server, and a Docker API."""

import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from engine.podman import until

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"


def module_at(path):
    """Load a module of the repository that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def free_port():
    with socket.create_server((HOST, 0)) as probe:
        return probe.getsockname()[1]


class Surroundings:
    """Started for one module of tests; the janitor ends them also when the tests are killed."""

    def __init__(self, podman, secret):
        self.podman = podman
        # A short path, for the sake of the socket; in memory, where the database's many small writes cost nothing.
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="pulih-c-", dir=memory if memory.is_dir() else None))
        podman.janitor.will_run("rm", "-rf", self.folder)
        self.store = module_at(ROOT / "scripts" / "s3_server.py").S3Server(self.folder / "s3", ("tester", secret))
        self.docker_host = f"unix://{self.folder}/podman.sock"
        self._mlflow_port = free_port()
        self._processes = []

    def start(self):
        self.store.start()
        self._end_with_the_tests(self.store._process, self.store._scratch)
        self._run("api", "podman", "system", "service", "--time=0", self.docker_host)
        mlflow = Path(sys.executable).with_name("mlflow")
        self._run("mlflow", mlflow, "server", f"--host={HOST}", f"--port={self._mlflow_port}", "--workers=1",
                  f"--backend-store-uri=sqlite:///{self.folder}/mlflow.db",
                  f"--artifacts-destination={self.folder}/mlflow-artifacts")  # fmt: skip
        until((self.folder / "podman.sock").exists, 600, "podman's socket")
        until(self._tracks, 1800, "the MLflow server")

    def stop(self):
        for process in self._processes:
            process.terminate()
            process.wait(30)
        self.store.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def variables(self):
        """Return what the tasks are told, as the chart's ConfigMap and Secret would."""
        return self.store.settings() | {
            "PULIH_CHECKPOINTS": "s3://models/checkpoints",
            "PULIH_MLFLOW_URI": f"http://{HOST}:{self._mlflow_port}",
            "PULIH_REAL_DATA": "/nothing",
            # Goes with the container: what a retried task knows it has from the store.
            "PULIH_WORK_DIR": "/tmp/work",
        }

    def checkpoints(self):
        """Return the names of the checkpoints in the store."""
        from minio import Minio

        client = Minio(self.store.endpoint, *self.store.keys, secure=False, region="us-east-1")
        return [found.object_name for found in client.list_objects("models", "checkpoints/", recursive=True)]

    def _run(self, name, *command):
        environment = self.podman.environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                list(map(str, command)),
                env=environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        self._end_with_the_tests(process)

    def _end_with_the_tests(self, process, *folders):
        for folder in folders:
            self.podman.janitor.will_run("rm", "-rf", folder)
        self.podman.janitor.will_run("pkill", "-KILL", "--session", process.pid)

    def _tracks(self):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self._mlflow_port}/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


def held_for_docker(podman, packages, variables):
    """Return ``HELD`` and what tasks are told in the words of the Docker API, for KFP's runner."""
    from docker.types import Mount

    from engine.podman import SITE, USER

    return {
        # On Kubernetes a task's command replaces the image's entry point; this runner would hand it over as arguments.
        "entrypoint": ["env"],
        "user": USER,
        "read_only": True,
        "tmpfs": {"/tmp": "rw,size=2g,mode=1777"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": "4g",
        "pids_limit": 512,
        "shm_size": "256m",
        "network_mode": "host",
        "labels": dict([podman.label]),
        "environment": variables,
        "mounts": [Mount(f"{SITE}/{name}", str(path), type="bind", read_only=True) for name, path in packages.items()],
    }


def run_and_wait(client, image, command, volumes, **options):
    """Do what KFP's ``run_docker_container`` does, and remove the container only once its exit code is known.

    KFP's own lets the engine remove it at its end, and takes a container that is gone already for a success.
    """
    container = client.containers.run(image, command, detach=True, volumes=volumes, **options)
    try:
        for line in container.logs(stream=True):
            print(line.decode(errors="replace"), end="")  # noqa: T201 - the runner's way to its log
        return container.wait()["StatusCode"]
    finally:
        container.remove(force=True)
