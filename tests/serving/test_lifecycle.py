"""A server that gets another model, and one that ends, under load."""

import http.client
import shutil
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from pulih.common.config import StageConfig
from pulih.common.files import write_json
from pulih.data.images import ImageLimits
from pulih.data.manifest import read_manifest, write_manifest
from pulih.deployment.server import Patience, _start, running_server, stop
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer
from tests.serving.conftest import Caller

pytestmark = pytest.mark.timeout(900)  # each starts a server of its own, which takes minutes on a starved machine


class Senders:
    """Clients that send one page after the other, each over a connection of its own, until nobody listens."""

    def __init__(self, client, scan: bytes, count: int) -> None:
        self.answers: list[tuple[int, bytes, str]] = []
        self.lost: list[str] = []
        self._client, self._scan = client, scan
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send_all) for _ in range(count)]

    def _send_all(self) -> None:
        while not self._enough.is_set():
            connection = http.client.HTTPConnection(self._client.host, self._client.port, timeout=60)
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            try:
                connection.request("POST", Caller.predict, self._scan, {"Content-Type": "image/png"})
                answer = connection.getresponse()
                self.answers.append((answer.status, answer.read(), answer.getheader("x-model-digest")))
            except (OSError, http.client.HTTPException) as err:
                self.lost.append(repr(err))
            finally:
                connection.close()

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.answers) < count and time.monotonic() < deadline:
            time.sleep(0.02)

    @contextmanager
    def sending(self):
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join()


def test_termination_under_load_loses_no_request(blur_restorer, tmp_path, scan, local) -> None:
    settings = ("threads=1", "max_requests=64")
    process, client, _ = _start(blur_restorer, tmp_path / "server.log", Patience(), settings)
    try:
        with Senders(client, scan, 8).sending() as senders:
            senders.wait_for(20)
            before = len(senders.answers)
            process.send_signal(signal.SIGTERM)
            for thread in senders._threads:
                thread.join()
            assert process.wait(30) == 0
    finally:
        stop(process, 5)
    assert senders.lost == []
    assert len(senders.answers) >= before + 8
    assert {(status, png) for status, png, _ in senders.answers} == {(200, local["keep"])}


@pytest.fixture
def versions(blur_restorer, tmp_path):
    """Two versions of a restorer: the one that is served, and its successor; with what each makes of the scan."""
    served, successor = tmp_path / "served", tmp_path / "successor"
    for folder in (served, successor):
        shutil.copytree(blur_restorer, folder)
    write_json(successor / "config.json", {"height": 32})
    (successor / "manifest.json").unlink()
    write_manifest(successor, "restorer", StageConfig(), {}, {})
    return served, successor


def test_model_is_swapped_under_load_and_a_bad_one_changes_nothing(versions, tmp_path, scan) -> None:
    served, successor = versions
    pages = {}
    for folder in versions:
        png = restore_bytes(scan, "scan", Restorer.load(folder, 1), "keep", ImageLimits())[0]
        pages[read_manifest(folder).digest()] = png
    old, new = pages
    assert pages[old] != pages[new]
    with running_server(served, tmp_path / "server.log", settings=("threads=1", "max_requests=64")) as running:
        client = running.client
        assert client.model_metadata()["versions"] == [old]
        with Senders(client, scan, 3).sending() as senders:
            senders.wait_for(5)
            for name in ("config.json", "manifest.json"):
                shutil.copyfile(successor / name, served / name)
            running.process.send_signal(signal.SIGUSR1)
            deadline = time.monotonic() + 30
            while client.model_metadata()["versions"] != [new] and time.monotonic() < deadline:
                time.sleep(0.05)
            senders.wait_for(len(senders.answers) + 6)
        (served / "model.onnx").write_bytes(b"half a mod")
        write_manifest(served, "restorer", StageConfig(), {}, {"other": 1})
        running.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 30
        while 'swaps_total{outcome="refused"} 1.0' not in client.request("GET", "/metrics")[1].decode():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.model_metadata()["versions"] == [new]
    assert senders.lost == []
    assert {digest for _, _, digest in senders.answers} == {old, new}
    assert all(status == 200 and pages[digest] == png for status, png, digest in senders.answers)
