"""How far a batch is: counts, pages per minute, time left, memory."""

import time
from dataclasses import dataclass, field

import psutil

from pulih.common.logging import get_logger

log = get_logger(__name__)
INTERVAL = 10.0
MEMORY_INTERVAL = 1.0


@dataclass
class Progress:
    """Counts of this run; ``before`` were finished by an earlier one."""

    total: int
    before: int = 0
    restored: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    peak_memory: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    _told: float = 0.0
    _measured: float = 0.0

    @property
    def worked(self) -> int:
        """Pages that this run worked on."""
        return self.restored + self.passed + self.failed

    @property
    def left(self) -> int:
        """Pages nobody has looked at yet."""
        return self.total - self.worked - self.before - self.skipped

    @property
    def seconds(self) -> float:
        """Since the run began, until its last page was done; what is told of it afterwards takes its own time."""
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    @property
    def pages_per_minute(self) -> float:
        """Of the pages that this run worked on."""
        return 60 * self.worked / max(self.seconds, 1e-9)

    def sentence(self) -> str:
        """Return the state of the batch in one line."""
        parts = [f"{self.total - self.left} of {self.total} pages", f"{self.restored} restored"]
        others = {"passed on": self.passed, "failed": self.failed, "skipped": self.skipped, "done before": self.before}
        parts += [f"{count} {name}" for name, count in others.items() if count]
        if self.worked:
            parts.append(f"{self.pages_per_minute:.1f} pages/min")
            if self.left:
                parts.append(f"{duration(self.left * self.seconds / self.worked)} left")
        return ", ".join(parts)

    def tell(self) -> None:
        """Log the sentence every few seconds, and look at the memory."""
        moment = time.monotonic()
        if moment - self._measured > MEMORY_INTERVAL:
            self._measured, self.peak_memory = moment, max(self.peak_memory, memory_in_use())
        if moment - self._told > INTERVAL:
            self._told = moment
            log.info("%s", self.sentence())


def memory_in_use() -> int:
    """Return the resident bytes of this process and its children; what they share counts in each."""
    total = 0
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def duration(seconds: float) -> str:
    """Return a duration as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
