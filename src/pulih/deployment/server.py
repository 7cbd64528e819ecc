"""The model server as a process of this machine: started, waited for, stopped, never left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pulih.common.errors import PulihError
from pulih.common.logging import get_logger
from pulih.deployment.client import Client

log = get_logger(__name__)
LOOPBACK = "127.0.0.1"
TAIL_LINES = 25
POLL_SECONDS = 0.2
TRIES = 3  # another process may take the port between its choice and its use


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for the server to become ready, to answer, and to stop after SIGTERM."""

    start: float = 300.0
    answer: float = 300.0
    stop: float = 30.0


@dataclass(frozen=True)
class RunningServer:
    """A server that is ready: its client, its process, and the seconds it took to start."""

    client: Client
    process: subprocess.Popen[bytes]
    ready_seconds: float


def command(model_dir: str | Path, port: int, host: str | None = None, settings: tuple[str, ...] = ()) -> list[str]:
    """Return the command that serves ``model_dir``.

    Args:
        host: address to listen on; None = the server's own default (loopback here, every interface in Kubernetes).
        settings: ``key=value`` of the server's config.
    """
    base = [sys.executable, "-m", "serving", "--model-dir", str(model_dir), "--port", str(port)]
    chosen = ["--host", host] if host else []
    return [*base, *chosen, *(part for setting in settings for part in ("--set", setting))]


def serve(model_dir: str | Path, port: int = 8080, host: str | None = None) -> NoReturn:
    """Become the server of ``model_dir`` until SIGTERM or Ctrl-C; its signals and exit code are this process's."""
    os.execv(sys.executable, command(model_dir, port, host))  # noqa: S606 - no shell is wanted


@contextmanager
def running_server(
    model_dir: Path, log_file: Path, patience: Patience = Patience(), settings: tuple[str, ...] = ()
) -> Iterator[RunningServer]:
    """Serve ``model_dir`` on a free loopback port while the block runs; the server dies with this process.

    Raises:
        PulihError: the server ended or did not become ready; the tail of its log is in the message.
    """
    process, client, seconds = _start(model_dir, log_file, patience, settings)
    try:
        yield RunningServer(client, process, seconds)
        if process.poll() is not None:
            raise PulihError(f"the server ended with exit code {process.returncode}:\n{tail(log_file)}")
    finally:
        stop(process, patience.stop)


def _start(
    model_dir: Path, log_file: Path, patience: Patience, settings: tuple[str, ...]
) -> tuple[subprocess.Popen[bytes], Client, float]:
    for attempt in range(1, TRIES + 1):
        started = time.monotonic()
        port = free_port()
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("wb") as output:
            # The open pipe on stdin is the leash: it closes when this process dies, however it dies.
            process = subprocess.Popen(
                [*command(model_dir, port, LOOPBACK, settings), "--until-stdin-closes"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        client = Client(LOOPBACK, port, patience.answer)
        try:
            _wait_until_ready(process, client, log_file, patience.start)
        except BaseException as err:
            stop(process, patience.stop)
            if isinstance(err, PulihError) and "address already in use" in tail(log_file) and attempt < TRIES:
                log.warning("port %d was taken meanwhile: trying another", port)
                continue
            raise
        return process, client, time.monotonic() - started
    raise AssertionError("the last try returns or raises")


def _wait_until_ready(process: subprocess.Popen[bytes], client: Client, log_file: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not client.is_ready():
        if process.poll() is not None:
            raise PulihError(
                f"the server ended with exit code {process.returncode} before it was ready:\n{tail(log_file)}"
            )
        if time.monotonic() > deadline:
            raise PulihError(f"the server was not ready after {seconds:g} s:\n{tail(log_file)}")
        time.sleep(POLL_SECONDS)


def stop(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Send SIGTERM, after ``seconds`` SIGKILL, and return the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        log.warning("the server did not stop within %g s of SIGTERM: killed", seconds)
        process.kill()
        process.wait()
    finally:
        if process.stdin is not None:
            process.stdin.close()
    return process.returncode


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def tail(log_file: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])
