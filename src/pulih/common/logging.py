"""Logging: one line per event to stderr and, when a run has a folder, to its log file."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module (pass ``__name__``)."""
    return logging.getLogger(name)


def configure_logging(log_file: Path | None = None, level: int = logging.INFO) -> None:
    """Send the log to stderr and append it to ``log_file`` when one is given."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if log_file is not None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log_file, encoding="utf-8"))
    logging.basicConfig(level=level, format=FORMAT, datefmt="%H:%M:%S", handlers=handlers, force=True)
    for noisy in ("matplotlib", "PIL", "urllib3", "alembic", "fontTools", "feast"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def also_logged_to(log_file: Path) -> Iterator[None]:
    """Append the log to ``log_file`` as well, as long as the block runs; the folder may go afterwards."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log_file, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT, "%H:%M:%S"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
