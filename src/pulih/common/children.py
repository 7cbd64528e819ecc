"""What every worker process owes its parent: signals are the parent's, and no worker outlives it."""

import multiprocessing
import os
import signal
import threading
from multiprocessing import connection


def leave_signals_to_parent() -> None:
    """Ignore Ctrl-C and SIGTERM, which the terminal sends to the whole group, and end when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
