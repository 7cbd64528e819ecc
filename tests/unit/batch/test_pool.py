"""Workers that die or never end are replaced, and their task is told to have failed."""

import multiprocessing
import time
from pathlib import Path

from pulih.batch.config import PageConfig
from pulih.batch.pool import Pool
from pulih.batch.state import Key
from pulih.batch.task import Failed, Setup, Task
from pulih.data.encoding import encode_png
from pulih.data.manifest import file_sha256


def answer_of(pool: Pool) -> Failed:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for _, answer in pool.answers(0.1):
            return answer
    raise AssertionError("no answer within two minutes")


def wait_until_idle(pool: Pool) -> None:
    until = time.monotonic() + 120
    while not pool.idle and time.monotonic() < until:
        list(pool.answers(0.1))


def test_a_worker_that_is_killed_or_stuck_is_replaced(endless_restorer, page, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(encode_png(page))
    key = Key(file_sha256(path), "", "model", "parameters")
    task = Task("scan.png", "scan", str(path), path, None, key, None, PageConfig().model_dump(mode="json"))
    with Pool(1, Setup(endless_restorer, None, PageConfig(), tmp_path / "out"), timeout=1.5) as pool:
        pool.start()
        wait_until_idle(pool)
        pool.give(task)
        (child,) = multiprocessing.active_children()
        child.kill()
        answer = answer_of(pool)
        assert answer.again
        assert "exit code -9" in answer.reason
        wait_until_idle(pool)
        pool.give(task)
        assert "not done within 1.5 s" in answer_of(pool).reason
    assert multiprocessing.active_children() == []
    assert not list((tmp_path / "out").glob("*.png"))
