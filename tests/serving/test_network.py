"""Tiles of several pages share one network, alone or in batches, and no answer depends on the company."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pulih.data.images import ImageLimits
from pulih.restorer.files import restore_bytes
from serving.call import CURRENT, Abandoned, Call
from serving.config import ServingConfig
from serving.network import Batcher, OneByOne, ServedRestorer, turns


def tile(value: float, side: int = 32) -> np.ndarray:
    return np.full((1, 1, side, side), value, np.float32)


class Doubling:
    """A network that doubles, and remembers the shapes it was given."""

    def __init__(self, pause: float = 0.0) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self._pause = pause

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.shapes.append(batch.shape)
        time.sleep(self._pause)
        if np.isnan(batch).any():
            raise ValueError("not a number")
        return batch * 2


def ask_all(batcher, run, tiles, groups):
    with ThreadPoolExecutor(len(tiles)) as pool:
        return list(pool.map(lambda one: batcher(run, *one), zip(tiles, groups, strict=True)))


def test_tiles_of_one_group_that_arrive_together_run_together() -> None:
    run = Doubling()
    answers = ask_all(Batcher(4, 0.5), run, [tile(n) for n in range(4)], ["a"] * 4)
    assert [answer[0, 0, 0, 0] for answer in answers] == [0, 2, 4, 6]
    assert run.shapes == [(4, 1, 32, 32)]


def test_other_shapes_keep_their_turn() -> None:
    run = Doubling()
    tiles = [tile(n, 32 if n % 2 else 64) for n in range(6)]
    answers = ask_all(Batcher(2, 0.2), run, tiles, [one.shape for one in tiles])
    assert [answer[0, 0, 0, 0] for answer in answers] == [0, 2, 4, 6, 8, 10]
    assert sorted(shape[2] for shape in run.shapes for _ in range(shape[0])) == [32] * 3 + [64] * 3
    assert max(shape[0] for shape in run.shapes) <= 2


def test_lonely_tile_waits_no_longer_than_it_may() -> None:
    batcher, run = Batcher(8, 0.1), Doubling()
    started = time.perf_counter()
    batcher(run, tile(1), "a")
    assert time.perf_counter() - started < 2
    assert run.shapes == [(1, 1, 32, 32)]


def test_failure_of_a_batch_reaches_everyone_in_it_and_nobody_after() -> None:
    batcher, run = Batcher(2, 0.5), Doubling()
    with ThreadPoolExecutor(2) as pool:
        failing = [pool.submit(batcher, run, tile(value), "a") for value in (1.0, np.nan)]
        assert [type(one.exception()) for one in failing] == [ValueError, ValueError]
    assert batcher(run, tile(3), "a")[0, 0, 0, 0] == 6


def test_without_batching_one_tile_runs_at_a_time() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def run(one: np.ndarray) -> np.ndarray:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return one

    ask_all(OneByOne(), run, [tile(n) for n in range(5)], ["a"] * 5)
    assert most == 1


@pytest.fixture
def batching(blur_restorer):
    config = ServingConfig(model_dir="x", threads=1, pages_at_once=3, batch_tiles=3, batch_wait_ms=300)
    return ServedRestorer.serve(blur_restorer, config, turns(config))


def test_pages_that_share_batches_are_those_of_the_command_line(batching, scan, local, monkeypatch) -> None:
    sizes = []
    alone = batching._alone
    monkeypatch.setattr(batching, "_alone", lambda batch: (sizes.append(len(batch)), alone(batch))[1])
    with ThreadPoolExecutor(3) as pool:
        pages = [pool.submit(restore_bytes, scan, "scan", batching, "keep", ImageLimits()) for _ in range(6)]
        answers = [page.result()[0] for page in pages]
    assert answers == [local["keep"]] * 6
    assert max(sizes) > 1


class Company(ServedRestorer):
    """A network whose answer depends on how many tiles come at once, as some are on some hardware."""

    def _alone(self, degraded: np.ndarray) -> np.ndarray:
        return super()._alone(degraded) + np.float32(1e-7) * (len(degraded) - 1)


def test_model_that_answers_a_batch_otherwise_is_not_batched(blur_restorer, caplog, scan, local) -> None:
    config = ServingConfig(model_dir="x", threads=1, batch_tiles=2)
    restorer = Company.serve(blur_restorer, config, turns(config))
    assert "no batching" in caplog.text
    assert restore_bytes(scan, "scan", restorer, "keep", ImageLimits())[0] == local["keep"]


def test_page_that_nobody_waits_for_stops_at_the_next_tile(blur_restorer) -> None:
    config = ServingConfig(model_dir="x", threads=1)
    restorer = ServedRestorer.serve(blur_restorer, config, turns(config))
    call = Call("a", "v1")
    token = CURRENT.set(call)
    try:
        restorer.run(tile(1))
        call.abandon()
        with pytest.raises(Abandoned):
            restorer.run(tile(1))
    finally:
        CURRENT.reset(token)
    assert call.tiles == 1
