"""How well pages are binarized, on DIBCO and other folders of scans with ground truth.

``python benchmarks/dibco.py DIR [--restorer DIR] [--output DIR]``. Without a restorer only the classical methods are
measured. ``--finetune`` also fine-tunes the restorer once per group, on the pages of the other groups. A second run
does only what is new. docs/benchmarks.md explains the figures.
"""

import argparse
import sys
from pathlib import Path

from pulih.common.config import build_config
from pulih.common.errors import PulihError
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.pairs import Suffixes
from pulih.evaluation.benchmark.published import read_published
from pulih.evaluation.benchmark.run import Request, run
from pulih.evaluation.finetune.config import FinetuneConfig

PUBLISHED = Path(__file__).with_name("published") / "dibco.json"


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder tree of scans and ground truths")
    parser.add_argument("--restorer", type=Path, metavar="DIR", help="restorer artifact to measure")
    parser.add_argument("--output", type=Path, metavar="DIR", default=Path("runs/benchmarks/dibco"))
    parser.add_argument(
        "--suffixes", nargs=2, metavar=("SCAN", "TRUTH"), default=("_source", "_target"),
        help="what file names end in before the type (default: _source _target)",
    )  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of BenchmarkConfig")
    parser.add_argument("--peer", type=Path, metavar="DIR", help="trained peer of benchmark-restoration, zero-shot")
    parser.add_argument("--finetune", action="store_true", help="also fine-tune on the other groups, one left out")
    parser.add_argument("--finetune-set", action="append", default=[], metavar="KEY=VALUE", help="of FinetuneConfig")
    parser.add_argument("--resized", action="store_true", help="also restore every page at half and double size")
    parser.add_argument(
        "--calibrate", nargs="+", type=Path, metavar="DIR", default=(),
        help="folders of other pairs, which choose the level of each zero-shot restorer (default: as configured)",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=0, help="of the restorer; 0 = one per core")
    return parser.parse_args()


def main() -> None:
    """Measure and print the tables; a user's fault is said in one sentence."""
    asked = parse()
    try:
        config = build_config(BenchmarkConfig, {}, asked.set)
        tuning = build_config(FinetuneConfig, {}, asked.finetune_set) if asked.finetune else None
        request = Request(
            *(asked.folder, asked.output, asked.restorer, asked.peer, tuning),
            resized=asked.resized,
            calibration=tuple(asked.calibrate),
            suffixes=Suffixes(*asked.suffixes),
            threads=asked.threads,
        )
        run(request, config, read_published(PUBLISHED))
    except PulihError as err:
        sys.exit(f"error: {err}")
    print((asked.output / "results.md").read_text())
    print(f"Results in {asked.output}: results.json, .md, .tex, .png, contact_sheet.png")


if __name__ == "__main__":
    main()
