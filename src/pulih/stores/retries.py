"""Attempts after transient failures: a bounded number, with growing pauses, each one logged."""

import logging
import random
import time
from types import TracebackType
from typing import Any, Self

from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import SSLError

from pulih.common.logging import get_logger

log = get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 20.0
BUSY = (408, 429, 500, 502, 503, 504)


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before retry number ``attempt`` (1, 2, ...): doubling, with jitter, bounded."""
    pause = min(FIRST_PAUSE * 2.0 ** (attempt - 1), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311


def wait(what: str, reason: object, attempt: int, attempts: int) -> None:
    """Log that ``what`` failed for ``reason`` and sleep before retry number ``attempt`` of ``attempts``."""
    pause = pause_before(attempt)
    log.warning("%s failed (%s): retry %d of %d in %.1f s", what, reason, attempt, attempts, pause)
    time.sleep(pause)


class LoggedRetry(Retry):
    """The retries of one HTTP request: lost connections, time-outs and busy answers; never a wrong certificate."""

    def __init__(self, total: int = 4, **values: Any) -> None:
        fixed = {"status_forcelist": BUSY, "allowed_methods": None, "raise_on_status": False, "other": 0}
        super().__init__(total, **{**fixed, **values})

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count one failure, and wait and log before the next attempt; raises the error when none is left."""
        if isinstance(error, SSLError):
            raise error
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        reason = type(error).__name__ if error else f"HTTP {response.status if response else '?'}"
        done = len(following.history)
        path = (url or "").partition("?")[0]
        wait(f"{method} {path}", reason, done, done + int(following.total or 0))
        return following

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Do nothing: ``increment`` has waited."""


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not (isinstance(record.args, tuple) and record.args and isinstance(record.args[0], LoggedRetry))


# urllib3 announces the same retries with the whole retry object printed.
logging.getLogger("urllib3.connectionpool").addFilter(_is_not_ours)
