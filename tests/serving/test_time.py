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


class Slow(ServedRestorer):
    """A network that takes its time; ``started`` is set when it begins."""

    started: threading.Event

    def _alone(self, degraded: np.ndarray) -> np.ndarray:
        self.started.set()
        time.sleep(1)
        return super()._alone(degraded)


@pytest.fixture
def slow_model(blur_restorer):
    config = ServingConfig(model_dir="x", threads=1, request_seconds=2.5)
    restorer = Slow.serve(blur_restorer, config, turns(config))
    restorer.started = threading.Event()
    return RestorerModel(config, restorer)


async def asked(model, scan: bytes, name: str):
    CURRENT.set(call := Call(name, "v1"))
    try:
        return await model.predict(scan), call
    except TooSlow as err:
        return err, call


def test_request_that_waits_too_long_is_given_up_and_the_next_is_answered(slow_model, scan, local) -> None:
    async def ask_side_by_side():
        tasks = [asyncio.create_task(asked(slow_model, scan, str(number))) for number in range(5)]
        return await asyncio.gather(*tasks)

    outcomes = asyncio.run(ask_side_by_side())
    assert outcomes[0][0] == local["keep"]
    given_up = [call for answer, call in outcomes if isinstance(answer, TooSlow)]
    assert len(given_up) >= 2
    assert sum(call.tiles for call in given_up) <= 1
    tries = (asyncio.run(asked(slow_model, scan, "after"))[0] for _ in range(20))
    assert next(answer for answer in tries if not isinstance(answer, TooSlow)) == local["keep"]


def test_cancelled_request_does_no_further_work(slow_model, scan) -> None:
    async def cancel_one():
        first = asyncio.create_task(asked(slow_model, scan, "first"))
        CURRENT.set(call := Call("second", "v1"))
        second = asyncio.create_task(slow_model.predict(scan))
        await asyncio.to_thread(slow_model._restorer.started.wait)
        second.cancel()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second
        return call

    assert asyncio.run(cancel_one()).tiles == 0


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
