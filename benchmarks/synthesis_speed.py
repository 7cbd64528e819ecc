"""How many lines and pages one core synthesizes per second: ``python benchmarks/synthesis_speed.py [--output FILE]``.

Lines are as wide as they may be, 64 x 512 pixels, and are written to a shard as the stage does. Processor time is
what counts: it does not depend on what else the machine does. The target is 100 lines per second and core.
"""

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

from pulih.common.files import write_json
from pulih.common.version import git_commit
from pulih.data.lines import read_shard, shard_name
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.jobs import Job, PageJob, ShardJob, carry_out, gather

TARGET = 100.0
LINES, PAGES, REPEATS = 250, 4, 3


def seconds_of(jobs: list[Job], config: SynthesisConfig, folder: Path) -> list[float]:
    """Return the processor seconds of each job, after one that warms the fonts and caches."""
    material = gather(config, folder)
    carry_out(material, jobs[0])
    spent = []
    for job in jobs:
        start = time.process_time()
        carry_out(material, job)
        spent.append(time.process_time() - start)
    return spent


def measure() -> dict[str, object]:
    """Return the figures of this machine."""
    width = {"min_width": 512, "max_width": 512}
    config = SynthesisConfig(train=LINES * REPEATS, shard_size=LINES, pages=PAGES, **width)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = seconds_of([ShardJob("train", number) for number in range(REPEATS)], config, folder)
        pages = seconds_of([PageJob(number) for number in range(PAGES)], config, folder)
        widths = [sample.clean.shape[1] for sample in read_shard(folder / shard_name("train", 0))]
    return {
        "lines_per_core_second": round(LINES / min(lines), 1),
        "lines_per_core_second_mean": round(LINES * REPEATS / sum(lines), 1),
        "mean_width": round(sum(widths) / len(widths)),
        "seconds_per_page": round(sum(pages) / PAGES, 2),
        "target": TARGET,
        "reached": LINES / min(lines) >= TARGET,
        "commit": git_commit(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }


def main() -> None:
    """Measure, print, and write the figures if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    figures = measure()
    print(json.dumps(figures, indent=2))
    if arguments.output:
        write_json(arguments.output, figures)


if __name__ == "__main__":
    main()
