"""How fast the endpoint answers whole pages: ``python benchmarks/endpoint.py --restorer DIR [--output DIR]``.

A real server, synthetic pages of A4 size. Every way of sending a page is timed beside what the server says it took to
restore it; the rest is overhead. Then 1, 4 and 16 clients send pages at once, and settings of the server are compared.
"""

import argparse
import base64
import http.client
import json
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from pages import machine, write_pages

from pulih.client import Endpoint, EndpointSettings
from pulih.common.dist import reporting
from pulih.common.files import write_json, write_text
from pulih.common.logging import configure_logging, get_logger
from pulih.common.version import git_commit
from pulih.data.images import decode_image
from pulih.deployment.client import Client
from pulih.deployment.server import LOOPBACK, Patience, RunningServer, free_port, running_server

log = get_logger("benchmark")
CLIENTS = (1, 4, 16)
SIDE_BY_SIDE = 4  # clients that compare the settings
ROOM = ("max_body_bytes=268435456", "max_held_bytes=4294967296", "max_requests=64", "request_seconds=3600")
SETTINGS = {
    "one page at a time": (),
    "two pages at once": ("pages_at_once=2",),
    "four pages at once": ("pages_at_once=4",),
    "four pages, tiles batched": ("pages_at_once=4", "batch_tiles=4", "batch_wait_ms=20"),
}
PREDICT, INFER = "/v1/models/restorer:predict", "/v2/models/restorer/infer"
BINARY = {"Content-Type": "application/octet-stream"}
Figures = dict[str, Any]
Timed = tuple[float, str]  # seconds from request to answer, and the server's own timing
Ask = Callable[[Client, bytes], Timed]


def posted(client: Client, path: str, body: bytes, headers: dict[str, str]) -> Timed:
    """Send a request and read its answer."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection(client.host, client.port, timeout=3600)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - started
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
    return seconds, answer.getheader("Server-Timing", "")


def as_binary(client: Client, tensor: dict[str, Any], data: bytes) -> Timed:
    """Send a tensor as V2 binary data, and ask for binary data."""
    described = {"name": "image", **tensor, "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [described], "parameters": {"binary_data_output": True}}).encode()
    return posted(client, INFER, head + data, {**BINARY, "Inference-Header-Content-Length": str(len(head))})


def as_v1(client: Client, scan: bytes) -> Timed:
    """Send base64 over V1."""
    text = base64.b64encode(scan).decode("ascii")
    body = json.dumps({"instances": [{"image": {"b64": text}}]}).encode()
    return posted(client, PREDICT, body, {"Content-Type": "application/json"})


def as_v2(client: Client, scan: bytes) -> Timed:
    """Send base64 over V2."""
    text = base64.b64encode(scan).decode("ascii")
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]}
    return posted(client, INFER, json.dumps({"inputs": [tensor]}).encode(), {"Content-Type": "application/json"})


def as_pixels(client: Client, scan: bytes) -> Timed:
    """Send decoded pixels as V2 binary data."""
    pixels = decode_image(scan, "page").pixels
    return as_binary(client, {"shape": list(pixels.shape), "datatype": "UINT8"}, pixels.tobytes())


def over_grpc(port: int) -> Ask:
    """Return what sends decoded pixels as raw tensor over gRPC."""

    def ask(_: Client, scan: bytes) -> Timed:
        pixels = decode_image(scan, "page").pixels
        tensor = {"name": "image", "shape": list(pixels.shape), "datatype": "UINT8"}
        request = pb.ModelInferRequest(model_name="restorer", inputs=[tensor], raw_input_contents=[pixels.tobytes()])
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        with grpc.insecure_channel(f"{LOOPBACK}:{port}", options=unlimited) as channel:
            started = time.perf_counter()
            answer, call = GRPCInferenceServiceStub(channel).ModelInfer.with_call(request)
            np.frombuffer(answer.raw_output_contents[0], np.uint8)
            seconds = time.perf_counter() - started
        return seconds, str(dict(call.trailing_metadata()).get("server-timing", ""))

    return ask


def ways(port: int) -> dict[str, Ask]:
    """Return every way to send a page."""
    return {
        "V1, the file itself": lambda client, scan: posted(client, PREDICT, scan, {"Content-Type": "image/png"}),
        "V1, base64": as_v1,
        "V2, BYTES as base64": as_v2,
        "V2 binary, BYTES": lambda client, scan: as_binary(
            client, {"shape": [1], "datatype": "BYTES"}, struct.pack("<I", len(scan)) + scan
        ),
        "V2 binary, UINT8 pixels": as_pixels,
        "V2 over gRPC, raw UINT8": over_grpc(port),
    }


def told(timing: str) -> dict[str, float]:
    """Return the seconds of a Server-Timing header."""
    parts = (part.strip().split(";dur=") for part in timing.split(","))
    return {name: float(milliseconds) / 1000 for name, milliseconds in parts}


def measure_ways(client: Client, port: int, scans: list[bytes]) -> Figures:
    """Return per way the seconds of a page, and the overhead beside the server's restoration."""
    figures: Figures = {}
    for name, ask in ways(port).items():
        rows = [(seconds, told(timing)) for seconds, timing in (ask(client, scan) for scan in scans)]
        overhead = [seconds - server["restore"] for seconds, server in rows]
        shares = [extra / server["network"] for extra, (_, server) in zip(overhead, rows, strict=True)]
        figures[name] = {
            "seconds": round(statistics.median(seconds for seconds, _ in rows), 3),
            "network_seconds": round(statistics.median(server["network"] for _, server in rows), 3),
            "overhead_seconds": round(statistics.median(overhead), 3),
            "overhead_of_network": round(statistics.median(shares), 4),
        }
        log.info("%s: %s", name, figures[name])
    return figures


def measure_clients(server: RunningServer, scans: list[bytes], clients: int, each: int) -> Figures:
    """Return latencies and throughput of ``clients`` that send ``each`` pages one after the other."""
    endpoint = Endpoint(f"http://{LOOPBACK}:{server.client.port}", EndpointSettings(max_sent_bytes=2**30))
    memory = psutil.Process(server.process.pid)

    def send(number: int) -> list[float]:
        return [endpoint.restore(scans[(number + turn) % len(scans)]).seconds for turn in range(each)]

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = [value for values in pool.map(send, range(clients)) for value in values]
    total = time.perf_counter() - started
    figures = {
        "pages": len(seconds),
        "p50_seconds": round(float(np.percentile(seconds, 50)), 2),
        "p95_seconds": round(float(np.percentile(seconds, 95)), 2),
        "pages_per_minute": round(60 * len(seconds) / total, 2),
        "memory_mb": round(memory.memory_info().rss / 2**20),
    }
    log.info("%d clients: %s", clients, figures)
    return figures


def measure(artifact: Path, options: argparse.Namespace) -> Figures:
    """Return all figures of this machine."""
    figures: Figures = {"machine": machine(), "threads": options.threads, "dpi": options.dpi, "settings": {}}
    with tempfile.TemporaryDirectory(prefix="pulih-endpoint-") as name:
        scans = [path.read_bytes() for path in write_pages(Path(name), options.pages, options.dpi)]
        for number, (title, settings) in enumerate(SETTINGS.items()):
            port = free_port()
            everything = (f"threads={options.threads}", f"grpc_port={port}", *ROOM, *settings)
            with running_server(artifact, Path(name) / f"{number}.log", Patience(answer=3600), everything) as server:
                server.client.restore_v1(scans[0])
                if not settings:
                    figures["ways"] = measure_ways(server.client, port, scans)
                    rows = {str(n): measure_clients(server, scans, n, options.each) for n in CLIENTS}
                    figures["clients"] = rows
                    figures["settings"][title] = rows[str(SIDE_BY_SIDE)]
                else:
                    figures["settings"][title] = measure_clients(server, scans, SIDE_BY_SIDE, options.each)
    return figures | {"machine_after": machine()}


def table(figures: Figures) -> str:
    """Return the figures as Markdown."""
    rows = [f"A4 at {figures['dpi']} dpi, measured on {figures['machine']}.", ""]
    rows += [
        "| one page, sent as | s | of them the network | overhead, ms | overhead / network |",
        "|---|---|---|---|---|",
    ]
    for name, row in figures["ways"].items():
        numbers = f"{row['seconds']:.2f} | {row['network_seconds']:.2f} | {1000 * row['overhead_seconds']:.0f}"
        rows.append(f"| {name} | {numbers} | {row['overhead_of_network']:.1%} |")
    for title, key in (("clients at once", "clients"), (f"{SIDE_BY_SIDE} clients, server with", "settings")):
        rows += ["", f"| {title} | p50, s | p95, s | pages per minute | memory, MB |", "|---|---|---|---|---|"]
        for name, row in figures[key].items():
            numbers = f"{row['p50_seconds']:.1f} | {row['p95_seconds']:.1f} | {row['pages_per_minute']:.1f}"
            rows.append(f"| {name} | {numbers} | {row['memory_mb']:,} |")
    return "\n".join([*rows, ""])


def main(arguments: list[str]) -> None:
    """Measure, write ``endpoint.json`` and ``endpoint.md``, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restorer", type=Path, default=Path("runs/latest/restorer"), help="restorer artifact")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmark-pages"), help="folder of the results")
    parser.add_argument("--pages", type=int, default=3, help="different pages")
    parser.add_argument("--each", type=int, default=2, help="pages that each client sends")
    parser.add_argument("--dpi", type=int, default=300, help="resolution of the pages")
    parser.add_argument("--threads", type=int, default=0, help="of the network; 0 = one per core")
    options = parser.parse_args(arguments)
    configure_logging()
    figures = measure(options.restorer, options)
    write_json(options.output / "endpoint.json", {"commit": git_commit(), **figures})
    write_text(options.output / "endpoint.md", table(figures))
    print(table(figures))


if __name__ == "__main__":
    sys.exit(reporting(lambda: main(sys.argv[1:])))
