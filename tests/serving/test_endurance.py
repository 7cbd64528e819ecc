"""Many clients, good and malformed requests mixed: no 5xx, exact answers, and memory that stays where it is."""

import base64
import http.client
import io
import json
import random
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import pytest
from PIL import Image

from pulih.common.logging import get_logger
from pulih.data.images import ImageLimits
from pulih.deployment.server import Patience, running_server
from pulih.released.artifact import released_restorer
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer
from tests.serving.conftest import Caller

log = get_logger(__name__)
SETTINGS = ("threads=1", "max_body_bytes=3000000", "max_requests=12")
MALFORMED = [
    (Caller.predict, "application/json", b""),
    (Caller.predict, "application/json", b"{"),
    (Caller.predict, "application/json", b'{"instances": [{"image": {"b64": "***"}}]}'),
    (Caller.predict, "image/png", b"Dear sir"),
    (Caller.predict, "image/tiff", b"II*\0" + b"\xff" * 64),
    (Caller.predict, "image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 200),
    (Caller.predict, "application/json", b" " * 3_000_001),
    (Caller.infer, "application/json", b'{"inputs": [{"name": "image", "shape": [2, 2], "datatype": "FP32"}]}'),
    (
        Caller.infer,
        "application/json",
        b'{"inputs": [{"name": "image", "shape": [3], "datatype": "UINT8", "data": [1]}]}',
    ),
    (Caller.infer, "application/octet-stream", b"\0\1\2"),
    ("/v1/models/other:predict", "application/json", b"{}"),
    ("/v2/repository/models/restorer/unload", "application/json", b""),
]


def scans(count: int, scan: bytes) -> list[bytes]:
    """Pages of several sizes and formats, cut from one."""
    whole, made = Image.open(io.BytesIO(scan)), []
    for number in range(count):
        buffer = io.BytesIO()
        part = whole.crop((0, 0, whole.width - 40 * number, whole.height - 50 * (number % 3)))
        part.save(buffer, ("PNG", "JPEG", "TIFF")[number % 3])
        made.append(buffer.getvalue())
    return made


def in_every_way(data: bytes) -> list[tuple[str, str, bytes, dict[str, str]]]:
    """One page as raw body, over V1, over V2 as JSON, and over V2 as binary data."""
    text = base64.b64encode(data).decode("ascii")
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES"}
    packed = struct.pack("<I", len(data)) + data
    head = {"inputs": [{**tensor, "parameters": {"binary_data_size": len(packed)}}]}
    header = json.dumps({**head, "parameters": {"binary_data_output": True}}).encode()
    return [
        (Caller.predict, "image/png", data, {}),
        (Caller.predict, "application/json", json.dumps({"instances": [{"image": {"b64": text}}]}).encode(), {}),
        (Caller.infer, "application/json", json.dumps({"inputs": [{**tensor, "data": [text]}]}).encode(), {}),
        (
            Caller.infer,
            "application/octet-stream",
            header + packed,
            {"Inference-Header-Content-Length": str(len(header))},
        ),
    ]


def png_of(path: str, kind: str, body: bytes) -> bytes:
    """The PNG inside an answer, in whatever form it came."""
    if path == Caller.infer and kind == "application/octet-stream":
        return body[body.index(b"\x89PNG") :]
    if kind.startswith("image/"):
        return body
    values = json.loads(body)
    inside = values["predictions"][0]["image"]["b64"] if "predictions" in values else values["outputs"][0]["data"][0]
    return base64.b64decode(inside)


@dataclass
class Tally:
    """What came back."""

    statuses: list[int] = field(default_factory=list)
    busy: int = 0
    wrong: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    slowest_health: float = 0.0


def send(client, path: str, kind: str, body: bytes, headers: dict[str, str], tally: Tally) -> tuple[int, bytes]:
    """Send until there is a place."""
    while True:
        connection = http.client.HTTPConnection(client.host, client.port, timeout=300)
        connection.request("POST", path, body, {"Content-Type": kind, **headers})
        answer = connection.getresponse()
        content, retry_after = answer.read(), answer.getheader("Retry-After")
        connection.close()
        if answer.status != 429:
            return answer.status, content
        tally.busy += 1
        time.sleep(min(0.5, float(retry_after)))


@contextmanager
def observed(server, tally: Tally):
    """Note the server's memory, and how long health checks take, while the block runs."""
    process, over = psutil.Process(server.process.pid), threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            tally.memory.append(process.memory_info().rss)
            started = time.perf_counter()
            assert server.client.request("GET", "/v2/health/live")[0] == 200
            tally.slowest_health = max(tally.slowest_health, time.perf_counter() - started)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def work(server, artifact, pages: list[bytes], count: int, clients: int) -> Tally:
    """Send ``count`` requests, one in three malformed, and compare every answer with ``pulih restore``."""
    here, tally, draw = Restorer.load(artifact, 1), Tally(), random.Random(7)
    expected = [restore_bytes(page, "page", here, "keep", ImageLimits())[0] for page in pages]
    ways = [in_every_way(page) for page in pages]

    def one(number: int) -> None:
        if number % 3 == 0:
            path, kind, body = MALFORMED[number // 3 % len(MALFORMED)]
            status, _ = send(server.client, path, kind, body, {}, tally)
            refused = 403 if "unload" in path else 404 if "other" in path else 413 if len(body) > 3_000_000 else 400
            if status != refused:
                tally.wrong.append(f"{path} {kind} {body[:40]!r}: {status}, not {refused}")
        else:
            index = draws[number]
            path, kind, body, headers = ways[index][number % 4]
            status, content = send(server.client, path, kind, body, headers, tally)
            if status != 200 or png_of(path, kind, content) != expected[index]:
                tally.wrong.append(f"{path} {kind}: {status}, page {index}")
        tally.statuses.append(status)

    draws = [draw.randrange(len(pages)) for _ in range(count)]
    with observed(server, tally), ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, range(count)))
    return tally


def check(tally: Tally, count: int) -> None:
    assert tally.wrong == []
    assert len(tally.statuses) == count
    assert not [status for status in tally.statuses if status >= 500]
    assert tally.slowest_health < 10  # the time-out of the chart's liveness probe


def test_a_short_load_of_everything(server, blur_restorer, scan) -> None:
    check(work(server, blur_restorer, scans(3, scan), 48, 8), 48)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_thousand_requests_of_sixteen_clients_leave_memory_flat(tmp_path, scan) -> None:
    artifact = released_restorer()
    with running_server(artifact, tmp_path / "server.log", Patience(answer=600), SETTINGS) as server:
        work(server, artifact, scans(6, scan), 100, 16)
        tally = work(server, artifact, scans(6, scan), 1000, 16)
    check(tally, 1000)
    quarter = len(tally.memory) // 4
    first, last = max(tally.memory[:quarter]), max(tally.memory[-quarter:])
    text = "%d x 429, slowest health check %.2f s, memory at most %.0f MB in the first quarter, %.0f MB in the last"
    log.info(text, tally.busy, tally.slowest_health, first / 2**20, last / 2**20)
    assert tally.busy > 0
    assert last < 1.05 * first
