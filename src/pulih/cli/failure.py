"""What is said when Pulih itself is at fault: a short message, and the traceback in a log."""

import logging

import typer

from pulih.common.logging import FORMAT, get_logger

log = get_logger(__name__)


def report_bug(err: Exception) -> None:
    """Write the traceback to the command's log (``errors.log`` of the runs folder when it has none) and name it."""
    root = logging.getLogger()
    files = [handler for handler in root.handlers if isinstance(handler, logging.FileHandler)] or [_fallback()]
    root.handlers = list(files)
    log.error("unexpected error", exc_info=err)
    where = ", ".join(handler.baseFilename for handler in files)
    typer.echo(
        f"pulih: unexpected {type(err).__name__}: {err}\nThis is our fault. The traceback is in {where}", err=True
    )


def _fallback() -> logging.FileHandler:
    from pulih.common.settings import Settings

    path = Settings().runs_dir / "errors.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    return handler
