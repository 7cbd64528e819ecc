"""Figures on the way: counts, speed, the time left."""

import time

from pulih.batch.progress import Progress, duration, memory_in_use


def test_the_time_left_follows_from_what_this_run_has_done() -> None:
    progress = Progress(100, before=40, restored=8, passed=1, failed=1, began=time.monotonic() - 60)
    sentence = progress.sentence()
    for part in ("50 of 100 pages", "8 restored", "1 passed on", "1 failed", "40 done before", "10.0 pages/min"):
        assert part in sentence
    assert "5 min left" in sentence


def test_durations_and_memory_have_their_scale() -> None:
    assert [duration(seconds) for seconds in (3, 600, 7200)] == ["3 s", "10 min", "2.0 h"]
    assert 10 * 2**20 < memory_in_use() < 100 * 2**30
