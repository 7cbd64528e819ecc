"""Stopping politely: SIGTERM and Ctrl-C set a flag that long loops look at between steps."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopFlag:
    """Whether the process was asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def request(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask the running loop to save its state and leave."""
        self.requested = True


@contextmanager
def stop_on_signal() -> Iterator[StopFlag]:
    """Yield a flag that SIGTERM and SIGINT set; the former handlers come back at the end."""
    flag = StopFlag()
    former = {number: signal.signal(number, flag.request) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield flag
    finally:
        for number, handler in former.items():
            # None stands for a handler that was not installed from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
