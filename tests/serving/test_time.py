"""Nobody waits for ever, and nothing is done for a client that has gone."""

import asyncio
import socket
import threading
import time

import numpy as np
import pytest

from serving.call import CURRENT, Call, TooSlow
from serving.config import ServingConfig
from serving.network import ServedRestorer, turns
from serving.predictor import RestorerModel


class Held(ServedRestorer):
    """A network that begins (``started``) and then waits until it is let go (``released``)."""

    started: threading.Event
    released: threading.Event

    def _alone(self, degraded: np.ndarray) -> np.ndarray:
        self.started.set()
        assert self.released.wait(100)
        return super()._alone(degraded)


@pytest.fixture
def held(blur_restorer):
    config = ServingConfig(model_dir="x", threads=1)
    restorer = Held.serve(blur_restorer, config, turns(config))
    restorer.started, restorer.released = threading.Event(), threading.Event()
    yield restorer
    restorer.released.set()


@pytest.fixture
def model(held):
    return RestorerModel(ServingConfig(model_dir="x", request_seconds=0.5), held)


async def asked(model, scan: bytes, more_seconds: float = 0.0):
    """Ask with so much more time than ``request_seconds``; returns the answer, or that it came too late."""
    CURRENT.set(call := Call("a", "v1", started=time.perf_counter() + more_seconds))
    try:
        return await model.predict(scan), call
    except TooSlow as err:
        return err, call


def test_requests_that_wait_too_long_are_given_up_and_the_others_answered(model, held, scan, local) -> None:
    async def ask_side_by_side():
        first = asyncio.create_task(asked(model, scan, 200))
        late = await asyncio.gather(*(asked(model, scan) for _ in range(4)))
        held.released.set()
        return await first, late, await asked(model, scan, 200)

    first, late, after = asyncio.run(ask_side_by_side())
    assert [type(answer) for answer, _ in late] == [TooSlow] * 4
    assert [call.tiles for _, call in late] == [0] * 4
    assert first[0] == after[0] == local["keep"]


def test_page_that_runs_too_long_stops_at_its_next_tile(model, held, scan, local) -> None:
    async def ask_twice():
        late = await asked(model, scan)
        held.released.set()
        return late, await asked(model, scan, 200)

    late, after = asyncio.run(ask_twice())
    assert isinstance(late[0], TooSlow)
    assert after[0] == local["keep"]


def test_cancelled_request_does_no_further_work(model, held, scan, local) -> None:
    async def cancel_one():
        first = asyncio.create_task(asked(model, scan, 200))
        second = asyncio.create_task(asked(model, scan, 200))
        await asyncio.to_thread(held.started.wait, 100)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        held.released.set()
        return await first

    answer, call = asyncio.run(cancel_one())
    assert answer == local["keep"]
    assert call.tiles == 1


def test_page_of_a_client_that_has_gone_is_given_up(client, call, scan) -> None:
    def given_up() -> float:
        lines = client.request("GET", "/metrics")[1].decode().splitlines()
        return sum(
            float(line.split()[1])
            for line in lines
            if line.startswith('pulih_request_seconds_count{protocol="v1",status="499"')
        )

    before = given_up()
    head = f"POST {call.predict} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(scan)}\r\n\r\n"
    gone = [socket.create_connection((client.host, client.port), timeout=20) for _ in range(3)]
    for connection in gone:
        connection.sendall(head.encode() + scan)
    for connection in gone:
        connection.close()
    deadline = time.monotonic() + 10
    while given_up() == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert given_up() > before
    assert client.restore_v1(scan).png.startswith(b"\x89PNG")
