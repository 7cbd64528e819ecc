"""What the benchmarks of whole pages share: their command line, and what becomes of the figures."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pulih.common.dist import reporting
from pulih.common.files import write_json, write_text
from pulih.common.logging import configure_logging
from pulih.common.version import git_commit

Figures = dict[str, Any]


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: ``name`` of its files, what its help says, its whole-numbered ``options`` with default and help.

    ``measure`` gets the restorer artifact and the options, ``table`` turns its figures into Markdown.
    """

    name: str
    about: str | None
    options: Mapping[str, tuple[int, str]]
    measure: Callable[[Path, argparse.Namespace], Figures]
    table: Callable[[Figures], str]

    def main(self) -> NoReturn:
        """Measure, write ``NAME.json`` and ``NAME.md``, print the tables, and end the process."""
        sys.exit(reporting(self._run))

    def _run(self) -> None:
        parser = argparse.ArgumentParser(description=self.about)
        parser.add_argument("--restorer", type=Path, default=Path("runs/latest/restorer"), help="restorer artifact")
        parser.add_argument("--output", type=Path, default=Path("runs/benchmark-pages"), help="folder of the results")
        for name, (default, text) in self.options.items():
            parser.add_argument(f"--{name}", type=int, default=default, help=text)
        options = parser.parse_args()
        configure_logging()
        figures = self.measure(options.restorer, options)
        write_json(options.output / f"{self.name}.json", {"commit": git_commit(), **figures})
        write_text(options.output / f"{self.name}.md", self.table(figures))
        print(self.table(figures))
