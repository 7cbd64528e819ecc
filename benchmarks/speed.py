"""How fast Pulih is beside the published baseline's network: ``python benchmarks/speed.py [--restorer DIR]``.

Everything is timed in one run, task by task in turns. docs/benchmark-speed.md explains the figures.
"""

import argparse
import sys
from pathlib import Path

from pulih.common.config import build_config, read_json
from pulih.common.dist import reporting
from pulih.common.logging import configure_logging
from pulih.evaluation.speed.benchmark import benchmark
from pulih.evaluation.speed.config import SpeedConfig


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restorer", type=Path, help="restorer artifact; without one our weights are random")
    parser.add_argument("--config", type=Path, help="SpeedConfig as JSON")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", help="lay a value over the config")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmark-speed"), help="folder of the results")
    options = parser.parse_args(arguments)
    configure_logging()
    config = build_config(SpeedConfig, read_json(options.config) if options.config else {}, options.set)
    benchmark(config, options.restorer, options.output)
    print((options.output / "results.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(reporting(lambda: main(sys.argv[1:])))
