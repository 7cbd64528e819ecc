"""How fast the endpoint answers whole pages: ``python benchmarks/endpoint.py --restorer DIR [--output DIR]``.

A real server, synthetic pages of A4 size. Every way of sending a page is timed beside what the server says it took to
restore it; the rest is overhead, also as seconds of the server's processor, which other work on the machine does not
lengthen. Then 1, 4 and 16 clients send pages at once, and settings of the server are compared.
"""

import argparse
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from measured import Benchmark, Figures
from pages import machine, timed, write_pages
from ways import Ask, told, ways

from pulih.client import Endpoint, EndpointSettings
from pulih.common.logging import get_logger
from pulih.data.images import decode_image
from pulih.deployment.server import LOOPBACK, Patience, RunningServer, free_port, running_server
from pulih.restorer.infer import Restorer

log = get_logger("benchmark")
CLIENTS = (1, 4, 16)
SIDE_BY_SIDE = 4  # clients that compare the settings
ROOM = ("max_body_bytes=268435456", "max_held_bytes=4294967296", "max_requests=64", "request_seconds=3600")
IDLE_SECONDS = 5.0
SETTINGS = {
    "one page at a time": (),
    "two pages at once": ("pages_at_once=2",),
    "four pages at once": ("pages_at_once=4",),
    "four pages, tiles batched": ("pages_at_once=4", "batch_tiles=4", "batch_wait_ms=20"),
}


class Processor:
    """Seconds of processor of a server whose network runs in the thread that restores, since this was made."""

    def __init__(self, server: RunningServer) -> None:
        self._process = psutil.Process(server.process.pid)
        self._before, self._started = self._threads(), time.perf_counter()

    def _threads(self) -> dict[int, float]:
        return {thread.id: thread.user_time + thread.system_time for thread in self._process.threads()}

    def _spent(self) -> list[float]:
        return [seconds - self._before.get(key, 0.0) for key, seconds in self._threads().items()]

    def per_second(self) -> float:
        """Return what all threads spent per second; of a server without work, what its clocks cost."""
        return sum(self._spent()) / (time.perf_counter() - self._started)

    def beside(self, idle: float) -> float:
        """Return what all threads spent but the one with the most, which restores, without the ``idle`` cost."""
        spent = self._spent()
        return max(0.0, sum(spent) - max(spent) - idle * (time.perf_counter() - self._started))


def measure_ways(server: RunningServer, port: int, scans: list[bytes], network: list[float]) -> Figures:
    """Return per way the seconds of a page, and the overhead beside the server's restoration.

    Args:
        network: seconds of processor that the network takes for each page.
    """
    figures: Figures = {}
    processor = Processor(server)
    time.sleep(IDLE_SECONDS)
    idle = processor.per_second()
    for name, ask in ways(port, decode_image(scans[0], "page").pixels.size).items():
        rows = [one_way(server, ask, scan, idle) for scan in scans]
        rows = [row | {"processor_of_network": row["processor"] / own} for row, own in zip(rows, network, strict=True)]
        figures[name] = {key: round(statistics.median(row[key] for row in rows), 4) for key in rows[0]}
        log.info("%s: %s", name, figures[name])
    return figures


def one_way(server: RunningServer, ask: Ask, scan: bytes, idle: float) -> dict[str, float]:
    """Return the seconds of one page; ``idle`` are those of processor per second without work."""
    processor = Processor(server)
    seconds, timing = ask(server.client, scan)
    parts = told(timing)
    overhead = seconds - parts["restore"]
    return {
        "seconds": seconds,
        "network": parts["network"],
        "restoration": parts["restore"],
        "overhead": overhead,
        "overhead_of_restoration": overhead / parts["restore"],
        "overhead_of_network": overhead / parts["network"],
        "processor": processor.beside(idle),
    }


def network_seconds(artifact: Path, scans: list[bytes]) -> list[float]:
    """Return the seconds of processor that the network takes for each page, in one thread."""
    restorer = Restorer.load(artifact, 1)
    spent, answers = timed(restorer, time.thread_time), []
    for scan in scans:
        del spent[:]
        restorer.restore_page(decode_image(scan, "page").pixels)
        answers.append(sum(spent))
    return answers


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
        folder = Path(name)
        scans = [path.read_bytes() for path in write_pages(folder, options.pages, options.dpi)]
        port = free_port()
        alone = ("threads=1", f"grpc_port={port}", *ROOM)
        os.environ["OPENCV_FOR_THREADS_NUM"] = "1"  # its threads restore, too
        with running_server(artifact, folder / "ways.log", Patience(answer=3600), alone) as server:
            server.client.restore_v1(scans[0])
            figures["ways"] = measure_ways(server, port, scans, network_seconds(artifact, scans))
        del os.environ["OPENCV_FOR_THREADS_NUM"]
        for number, (title, settings) in enumerate(SETTINGS.items()):
            everything = (f"threads={options.threads}", *ROOM, *settings)
            with running_server(artifact, folder / f"{number}.log", Patience(answer=3600), everything) as server:
                server.client.restore_v1(scans[0])
                rows = {str(n): measure_clients(server, scans, n, options.each) for n in clients_for(settings)}
                figures["settings"][title] = rows[str(SIDE_BY_SIDE)]
                figures.setdefault("clients", rows)
    return figures | {"machine_after": machine()}


def clients_for(settings: tuple[str, ...]) -> tuple[int, ...]:
    """Return how many clients a server with such settings meets, in turn."""
    return (SIDE_BY_SIDE,) if settings else CLIENTS


def table(figures: Figures) -> str:
    """Return the figures as Markdown."""
    rows = [f"A4 at {figures['dpi']} dpi, measured on {figures['machine']}.", ""]
    rows += [
        "| one page, sent as | s | restoration | of it the network | overhead, ms | of restoration | of network "
        "| processor, ms | of network |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in figures["ways"].items():
        wall = f"{row['seconds']:.2f} | {row['restoration']:.2f} | {row['network']:.2f} | {1000 * row['overhead']:.0f}"
        shares = f"{row['overhead_of_restoration']:.1%} | {row['overhead_of_network']:.1%}"
        processor = f"{1000 * row['processor']:.0f} | {row['processor_of_network']:.1%}"
        rows.append(f"| {name} | {wall} | {shares} | {processor} |")
    for title, key in (("clients at once", "clients"), (f"{SIDE_BY_SIDE} clients, server with", "settings")):
        rows += ["", f"| {title} | p50, s | p95, s | pages per minute | memory, MB |", "|---|---|---|---|---|"]
        for name, row in figures[key].items():
            numbers = f"{row['p50_seconds']:.1f} | {row['p95_seconds']:.1f} | {row['pages_per_minute']:.1f}"
            rows.append(f"| {name} | {numbers} | {row['memory_mb']:,} |")
    return "\n".join([*rows, ""])


OPTIONS = {
    "pages": (3, "different pages"),
    "each": (2, "pages that each client sends"),
    "dpi": (300, "resolution of the pages"),
    "threads": (0, "of the network where clients are counted; 0 = one per core"),
}

if __name__ == "__main__":
    Benchmark("endpoint", __doc__, OPTIONS, measure, table).main()
