"""How fast whole pages are restored: ``python benchmarks/pages.py --restorer DIR [--output DIR]``.

Synthetic pages are scaled to A4 at 300 and 600 dpi. Each resolution is measured in a process of its own, from encoded
bytes to encoded bytes, so that its peak memory is its own; then a batch is worked off with one worker and with two.
The batch has the pages of 300 dpi again and again: starting the workers counts, and should not count for much.
"""

import argparse
import multiprocessing
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from measured import Benchmark, Figures

from pulih.batch.batch import Artifacts, run_batch
from pulih.batch.config import BatchConfig
from pulih.common.files import write_bytes
from pulih.data.encoding import encode_png
from pulih.data.images import ImageLimits
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.jobs import gather
from pulih.synthesis.pages import build_page, page_split

A4_INCHES = (8.27, 11.69)
RESOLUTIONS = (300, 600)
# What is asked of two cores: seconds per page, megabytes of a batch, how much faster two workers are than one.
MOST_SECONDS = {"300": 8.0, "600": 30.0}
MOST_MEMORY = 3072
LEAST_GAIN = 1.7


def write_pages(folder: Path, count: int, dpi: int) -> list[Path]:
    """Write ``count`` synthetic pages of A4 size as PNG files."""
    size = tuple(round(inches * dpi) for inches in A4_INCHES)
    config = SynthesisConfig(train=1, pages=count)
    texts = gather(config, folder).texts
    paths = []
    for number in range(count):
        page = cv2.resize(
            build_page(config, texts[page_split(number)], number).degraded, size, interpolation=cv2.INTER_CUBIC
        )
        paths.append(folder / f"page-{number}.png")
        write_bytes(paths[-1], encode_png(np.asarray(page, np.uint8), (float(dpi), float(dpi))))
    return paths


def write_batch(folder: Path, paths: list[Path], count: int) -> Path:
    """Fill a folder with ``count`` names for the pages ``paths`` and return it."""
    folder.mkdir()
    for number in range(count):
        (folder / f"page-{number:04d}.png").hardlink_to(paths[number % len(paths)])
    return folder


def timed(restorer: Restorer, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Let the network note the seconds of each of its calls by ``clock`` in the list that is returned."""
    seconds: list[float] = []
    run: Callable[[Any], Any] = restorer.run

    def measured(tile: Any) -> Any:
        started = clock()
        answer = run(tile)
        seconds.append(clock() - started)
        return answer

    restorer.run = measured  # type: ignore[method-assign]
    return seconds


def measure_pages(artifact: Path, paths: list[Path], threads: int) -> Figures:
    """Return seconds per page, the share of them outside the model, and this process's peak memory."""
    restorer = Restorer.load(artifact, threads)
    in_model = timed(restorer)
    seconds, outside, scales = [], [], []
    for path in paths:
        del in_model[:]
        data, started = path.read_bytes(), time.perf_counter()
        _, page = restore_bytes(data, path.name, restorer, "keep", ImageLimits())
        seconds.append(time.perf_counter() - started)
        outside.append(1 - sum(in_model) / seconds[-1])
        scales.append(page.scale)
    return {
        "seconds_per_page": round(statistics.median(seconds), 2),
        "seconds_of_each": [round(value, 2) for value in seconds],
        "share_outside_the_model": round(statistics.median(outside), 3),
        "scale": round(statistics.median(scales), 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def measure_batch(artifact: Path, folder: Path, workers: int, output: Path) -> Figures:
    """Return the speed of a batch and the memory of all its processes; starting the workers counts."""
    config = BatchConfig.model_validate({"workers": workers, "page": {"harm": {"min_confidence": 0}}})
    progress = run_batch(config, str(folder), output, Artifacts(artifact)).progress
    return {
        "pages": progress.worked,
        "seconds": round(progress.seconds, 1),
        "pages_per_minute": round(progress.pages_per_minute, 2),
        "peak_memory_mb": round(progress.peak_memory / 2**20),
    }


def measure(artifact: Path, options: argparse.Namespace) -> Figures:
    """Return all figures of this machine."""
    pages, threads = options.pages, options.threads
    context = multiprocessing.get_context("spawn")
    figures: Figures = {"threads": threads or len(os.sched_getaffinity(0)), "machine": machine(), "a4": {}, "batch": {}}
    with tempfile.TemporaryDirectory(prefix="pulih-pages-") as name:
        for dpi in RESOLUTIONS:
            # Making pages takes memory that a batch would seem to need.
            with context.Pool(1) as alone:
                paths = alone.apply(write_pages, (Path(name) / str(dpi), pages, dpi))
            with context.Pool(1) as alone:
                figures["a4"][str(dpi)] = alone.apply(measure_pages, (artifact, paths, threads))
        batch = write_batch(Path(name) / "batch", sorted((Path(name) / "300").glob("*.png")), options.batch)
        for workers in (1, 2):
            place = Path(name) / f"answers-{workers}"
            figures["batch"][str(workers)] = measure_batch(artifact, batch, workers, place)
    one, two = (figures["batch"][workers]["pages_per_minute"] for workers in ("1", "2"))
    return figures | {"two_workers_faster_by": round(two / one, 2)}


def bars(figures: Figures) -> list[tuple[str, float, str, bool]]:
    """Return what is asked: its name, what was measured, the bar, and whether it is met."""
    rows = []
    for dpi, most in MOST_SECONDS.items():
        seconds = figures["a4"][dpi]["seconds_per_page"]
        rows.append((f"seconds, A4 at {dpi} dpi", seconds, f"at most {most:g}", seconds <= most))
    memory = max(row["peak_memory_mb"] for row in figures["batch"].values())
    rows.append(("MB of a batch", memory, f"at most {MOST_MEMORY}", memory <= MOST_MEMORY))
    gain = figures["two_workers_faster_by"]
    rows.append(("two workers against one", gain, f"at least {LEAST_GAIN}", gain >= LEAST_GAIN))
    return rows


def machine() -> str:
    """Return what was measured on, and how busy it was."""
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, load average {load:.1f}"


def table(figures: Figures) -> str:
    """Return the figures as Markdown."""
    rows = [f"Measured on {figures['machine']}.", "", "| A4 at | s per page | outside the model | peak memory |"]
    rows.append("|---|---|---|---|")
    for dpi, row in figures["a4"].items():
        share, memory = f"{row['share_outside_the_model']:.0%}", f"{row['peak_memory_mb']} MB"
        rows.append(f"| {dpi} dpi | {row['seconds_per_page']:.1f} | {share} | {memory} |")
    rows += ["", "| workers | pages per minute, 300 dpi | peak memory |", "|---|---|---|"]
    for workers, row in figures["batch"].items():
        rows.append(f"| {workers} | {row['pages_per_minute']:.1f} | {row['peak_memory_mb']} MB |")
    rows += ["", "| asked of two cores | measured | bar | met |", "|---|---|---|---|"]
    rows += [f"| {name} | {value:g} | {bar} | {'yes' if met else 'no'} |" for name, value, bar, met in bars(figures)]
    return "\n".join([*rows, ""])


OPTIONS = {
    "pages": (8, "pages of each resolution"),
    "batch": (40, "pages of the batch"),
    "threads": (0, "of the network for a single page; 0 = one per core"),
}

if __name__ == "__main__":
    Benchmark("results", __doc__, OPTIONS, measure, table).main()
