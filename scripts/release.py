"""The model that comes with Pulih: ship one, or train it again and compare.

``python scripts/release.py ship RUN`` copies the restorer of a finished run and its figures to where Pulih finds them;
``python scripts/release.py compare RUN`` holds a repeated training against them (exit code 1 when figures differ).
"""

import argparse
import sys
from pathlib import Path

from pulih.common.config import read_json
from pulih.common.errors import PulihError
from pulih.data import manifest
from pulih.released.artifact import release, released_figures
from pulih.released.comparison import compare, table


def main() -> int:
    """Read the command line, do it, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("ship", "compare"))
    parser.add_argument("run", type=Path, help="folder of a run, e.g. runs/latest")
    asked = parser.parse_args()
    try:
        return ship(asked.run) if asked.what == "ship" else against_release(asked.run)
    except PulihError as err:
        print(f"error: {err}", file=sys.stderr)
        return err.exit_code


def ship(run: Path) -> int:
    """Copy a run's model into the package."""
    for path in release(run):
        print(f"written: {path}")
    return 0


def against_release(run: Path) -> int:
    """Print both sets of figures; 1 when an interval lies apart."""
    manifest.verify(run / "evaluation", "evaluation")
    rows = compare(released_figures(), read_json(run / "evaluation" / "metrics.json"))
    print(table(rows))
    apart = [row.name for row in rows if not row.agrees]
    print(f"{len(rows) - len(apart)} of {len(rows)} figures agree within their intervals")
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
