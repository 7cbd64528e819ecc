"""Pulih against peers at one budget: ``python benchmarks/restoration.py --run runs/latest --output FOLDER``.

Lines, recognizer and evaluator are those of a finished run. See docs/benchmark-restoration.md.
"""

import argparse
import sys
from pathlib import Path

from pulih.common.config import build_config, read_json
from pulih.common.errors import ConfigError, PulihError
from pulih.common.logging import configure_logging, get_logger
from pulih.evaluation.peers.benchmark import EVALUATOR, Inputs, run_benchmark
from pulih.evaluation.peers.config import RestorationBenchmark

CONFIG = Path(__file__).parents[1] / "configs" / "benchmarks" / "restoration_quick.json"


def named(readers: list[str]) -> dict[str, Path]:
    """Return the folders of ``NAME=FOLDER`` arguments by name.

    Raises:
        ConfigError: one has no name or no folder, or a name stands twice.
    """
    pairs = [reader.partition("=") for reader in readers]
    names = [name for name, _, _ in pairs]
    if not all(name and folder for name, _, folder in pairs) or len(set(names)) < len(names) or EVALUATOR in names:
        fix = f"'{EVALUATOR}' is the name of the run's own; give others, e.g. --reader clean=runs/readers/clean."
        raise ConfigError("--reader NAME=FOLDER, every name once", ", ".join(readers), fix)
    return {name: Path(folder) for name, _, folder in pairs}


def main() -> int:
    """Run the comparison and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--run", type=Path, default=Path("runs/latest"), help="a finished run with its artifacts")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmark-restoration"))
    parser.add_argument("--reader", action="append", default=[], metavar="NAME=FOLDER",
                        help="a recognizer that reads every line beside the run's evaluator")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", help="another value of a setting")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    configure_logging(given.output / "benchmark.log")
    try:
        config = build_config(RestorationBenchmark, read_json(given.config), given.set)
        lines, recognizer, evaluator = (given.run / name for name in ("lines", "recognizer", "evaluator"))
        inputs = Inputs(lines, recognizer, evaluator, named(given.reader))
        run_benchmark(config, inputs, given.output)
    except PulihError as err:
        get_logger(__name__).error("%s", err)
        return err.exit_code
    print((given.output / "results.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
