"""The server process is started, waited for and stopped, and never survives us."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pulih.common.errors import PulihError
from pulih.deployment.client import Client
from pulih.deployment.server import Patience, free_port, running_server


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def until(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def test_death_before_readiness_is_reported_with_the_log(tmp_path) -> None:
    with (
        pytest.raises(PulihError, match=r"exit code 2 before it was ready:(.|\n)*expected a file or folder at"),
        running_server(tmp_path / "empty", tmp_path / "server.log"),
    ):
        pytest.fail("a server without a model became ready")


def test_server_that_is_not_ready_in_time_is_stopped(blur_restorer, tmp_path) -> None:
    before = set(psutil.Process().children())
    with (
        pytest.raises(PulihError, match=r"not ready after 0\.3 s"),
        running_server(blur_restorer, tmp_path / "server.log", Patience(start=0.3)),
    ):
        pytest.fail("nothing starts that fast")
    assert set(psutil.Process().children()) <= before


def test_free_port_can_be_bound() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))


@pytest.mark.slow
def test_server_dies_with_the_process_that_started_it(blur_restorer, tmp_path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from pulih.deployment.server import running_server\n"
        "with running_server(Path(sys.argv[1]), Path(sys.argv[2])) as server:\n"
        "    print(server.process.pid, flush=True); time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(blur_restorer), str(tmp_path / "server.log")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    assert until(lambda: not is_alive(child), 20)


@pytest.mark.slow
def test_serve_becomes_the_server_and_ends_with_0_on_sigterm(blur_restorer) -> None:
    port = free_port()
    program = "import sys; from pulih.deployment.server import serve; serve(sys.argv[1], port=int(sys.argv[2]))"
    process = subprocess.Popen([sys.executable, "-c", program, str(blur_restorer), str(port)])
    try:
        assert until(Client("127.0.0.1", port, 5).is_ready, 120)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
