"""One request on its way through the server: its name, what it cost so far, and whether anybody still waits for it."""

import re
import secrets
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field

GOOD_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class Abandoned(Exception):
    """Nobody waits for this page any more: its time is over, or the client has gone."""


class TooSlow(Exception):
    """A request that was not answered within ``request_seconds``."""


@dataclass
class Call:
    """A request and its costs; seconds are wall time, ``network`` that spent on the model's thread, its queue included.

    ``received`` in bytes; ``scale``, ``x_height`` and ``confidence`` are those of the last page.
    """

    id: str
    protocol: str
    started: float = field(default_factory=time.perf_counter)
    waited: float = 0.0
    worked: float = 0.0
    network: float = 0.0
    received: int = 0
    pages: int = 0
    tiles: int = 0
    scale: float | None = None
    x_height: float | None = None
    confidence: float | None = None
    digest: str = ""
    _abandoned: threading.Event = field(default_factory=threading.Event)

    @property
    def age(self) -> float:
        """Seconds since the request arrived."""
        return time.perf_counter() - self.started

    def abandon(self) -> None:
        """Let the work stop at the next tile."""
        self._abandoned.set()

    def check(self) -> None:
        """Raise Abandoned when nobody waits any more."""
        if self._abandoned.is_set():
            raise Abandoned

    def headers(self) -> dict[str, str]:
        """Return what the answer's headers say of it."""
        told = {"x-request-id": self.id}
        if self.digest:
            told |= {"x-model-digest": self.digest, "server-timing": self._timing()}
        for name in ("scale", "x_height", "confidence"):
            if (value := getattr(self, name)) is not None:
                told[f"x-pulih-{name.replace('_', '-')}"] = f"{value:.4g}"
        return told

    def _timing(self) -> str:
        parts = {"queue": self.waited, "restore": self.worked, "network": self.network}
        return ", ".join(f"{name};dur={1000 * seconds:.1f}" for name, seconds in parts.items())


CURRENT: ContextVar[Call | None] = ContextVar("call", default=None)


def current() -> Call:
    """Return the request that this code works for, or a new one outside of any."""
    return CURRENT.get() or Call(new_id(), "none")


def new_id(wanted: str = "") -> str:
    """Return the caller's request id when it is fit for headers and logs, else a new one."""
    return wanted if GOOD_ID.fullmatch(wanted) else secrets.token_hex(8)
