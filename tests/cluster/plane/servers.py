"""Real model servers of this machine, one per address of a model."""

import contextlib
import socket
import subprocess

from plane.control_plane import LEASH, free_port
from pulih.deployment.client import Client
from pulih.deployment.server import command
from pulih.stores.paths import local_input


def own_address():
    """An address of this machine that is not loopback, which an API server refuses for endpoints; None without one."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))
        address = probe.getsockname()[0]
        return None if address.startswith("127.") else address
    return None


class Servers:
    """Starts the server of a model when it is asked for first."""

    def __init__(self, settings, folder):
        self._settings, self._folder, self.running = settings, folder, {}

    def place(self):
        """Where the next server listens."""
        return own_address(), free_port()

    def address(self, uri):
        """The host and the port of the server of ``uri``, None until it is ready; nobody waits here."""
        if uri not in self.running:
            host, port = self.place()
            model = local_input(uri, self._folder / "models", self._settings)
            log = self._folder / f"server-{len(self.running)}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [*LEASH, *command(model, port, host, ("threads=1",))], stdout=output, stderr=subprocess.STDOUT
                )
            self.running[uri] = (process, (host, port), log)
        process, (host, port), log = self.running[uri]
        assert process.poll() is None, log.read_text()[-2000:]
        return (host, port) if Client(host, port, 30).is_ready() else None

    def stop(self):
        for process, *_ in self.running.values():
            process.terminate()
            process.wait(30)
