"""How much the server holds: requests and bytes, within limits, and how long the next one would wait."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from serving import metrics
from serving.config import ServingConfig

LONGEST_RETRY = 60  # seconds
FIRST_GUESS = 5.0  # seconds of a request, before one was answered
MEMORY = 0.8  # weight of the past in the running mean


class Busy(Exception):
    """The limits are reached; ``retry_after`` is in whole seconds."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(f"{reason}; try again in {retry_after} s")
        self.retry_after = retry_after


class Load:
    """Requests and bytes that are held; used by the event loop alone."""

    def __init__(self, config: ServingConfig) -> None:
        self._config = config
        self.draining = False  # after SIGTERM: ready no more, connections are closed after their answer
        self._requests = self._bytes = 0
        self._seconds = FIRST_GUESS

    @contextmanager
    def request(self, size: int = 0) -> Iterator[None]:
        """Hold a request, and ``size`` bytes, while the block runs; raises Busy."""
        if self._requests >= self._config.max_requests:
            raise self._busy(f"{self._config.max_requests} requests are being served")
        self._hold(1, 0)
        try:
            with self.bytes(size):
                yield
        finally:
            self._hold(-1, 0)

    @contextmanager
    def bytes(self, size: int) -> Iterator[None]:
        """Hold ``size`` bytes while the block runs; raises Busy. One body alone is always let in."""
        if self._bytes and self._bytes + size > self._config.max_held_bytes:
            raise self._busy(f"{self._bytes:,} bytes of other requests are waiting")
        self._hold(0, size)
        try:
            yield
        finally:
            self._hold(0, -size)

    def answered(self, seconds: float) -> None:
        """Learn how long the work of one request took, without its waiting."""
        self._seconds = MEMORY * self._seconds + (1 - MEMORY) * seconds

    def _busy(self, reason: str) -> Busy:
        metrics.REFUSED_BUSY.inc()
        place_frees = self._seconds / self._config.pages_at_once
        return Busy(reason, min(LONGEST_RETRY, max(1, math.ceil(place_frees))))

    def _hold(self, requests: int, size: int) -> None:
        self._requests += requests
        self._bytes += size
        metrics.HELD.set(self._requests)
        metrics.HELD_BYTES.set(self._bytes)
