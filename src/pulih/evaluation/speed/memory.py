"""The peak memory of restoring one page, measured in a process of its own: ``python -m pulih.evaluation.speed.memory``.

The process prints one JSON object: ``peak`` and ``before`` (imports done, model not yet loaded) in bytes.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from pulih.common.errors import PulihError
from pulih.evaluation.speed.config import Precision, Runtime
from pulih.evaluation.speed.sessions import Contender, open_restorer

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Return the largest resident memory of this program so far.

    The kernel's counter for the program is read, because ``getrusage`` would also count the parent's memory before
    this program replaced it.
    """
    if STATUS.is_file():
        fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
        return int(fields["VmHWM"].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measured_in_child(contender: Contender, models: Path, page: Path, threads: int) -> dict[str, int]:
    """Restore ``page`` in a new process and return its ``peak`` and ``before`` in bytes.

    Raises:
        PulihError: the process failed.
    """
    arguments = [json.dumps(contender.as_tree()), str(models), str(page), str(threads)]
    child = subprocess.run([sys.executable, "-m", __name__, *arguments], capture_output=True, text=True, check=False)
    if child.returncode != 0:
        raise PulihError(f"the memory of {contender} could not be measured: {child.stderr.strip()[-500:]}")
    found: dict[str, int] = json.loads(child.stdout.splitlines()[-1])
    return found


def main(arguments: Sequence[str]) -> None:
    """Restore a page and print the memory that it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", type=json.loads)
    for name in ("models", "page"):
        parser.add_argument(name, type=Path)
    parser.add_argument("threads", type=int)
    given = parser.parse_args(arguments)
    page = _read(given.page)
    values = cast(dict[str, Any], given.contender)
    contender = Contender(values["network"], cast(Runtime, values["runtime"]), cast(Precision, values["precision"]))
    before = peak_bytes()
    open_restorer(contender, given.models, given.threads).restore_page(page)
    sys.stdout.write(json.dumps({"peak": peak_bytes(), "before": before}) + "\n")


def _read(path: Path) -> Any:
    from pulih.data.images import read_pages

    return next(iter(read_pages(path))).pixels


if __name__ == "__main__":
    main(sys.argv[1:])
