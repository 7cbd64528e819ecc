"""Does restoration help to read real handwriting? ``python benchmarks/reading.py DIR [options]``.

DIR holds ``lines.tsv`` (columns ``file``, ``text``, ``set``) and the line images; docs/benchmark-reading.md
explains the figures. A stopped run goes on where it was.
"""

import argparse
import sys
from pathlib import Path

from pulih.common.config import build_config, read_json
from pulih.common.dist import reporting
from pulih.common.logging import configure_logging
from pulih.evaluation.reading.benchmark import benchmark
from pulih.evaluation.reading.config import ReadingConfig

HERE = Path(__file__).parent


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with lines.tsv")
    parser.add_argument("--restorer", type=Path, default=Path("runs/latest/restorer"), help="restorer artifact")
    parser.add_argument(
        "--recognizer", type=Path, default=Path("runs/latest/evaluator"), help="recognizer artifact that evaluates"
    )
    parser.add_argument("--config", type=Path, default=HERE / "reading.json", help="ReadingConfig as JSON")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", help="lay a value over the config")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmark-reading"), help="folder of the results")
    options = parser.parse_args(arguments)
    configure_logging()
    config = build_config(ReadingConfig, read_json(options.config), options.set)
    benchmark(config, options.data, options.restorer, options.recognizer, options.output)
    print((options.output / "results.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(reporting(lambda: main(sys.argv[1:])))
