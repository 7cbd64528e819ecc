"""Progress of long work: a bar on a terminal, a line every few seconds in a log."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def track(items: Iterable[Item], label: str, total: int | None = None, done: int = 0) -> Iterator[Item]:
    """Yield ``items`` and show how far the work is, starting at ``done`` of ``total``."""
    interval = 0.5 if sys.stderr.isatty() else 10.0
    yield from tqdm(items, desc=label, total=total, initial=done, mininterval=interval, file=sys.stderr, smoothing=0.1)
