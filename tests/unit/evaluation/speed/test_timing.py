import time

import numpy as np
import pandas as pd
import pytest

from pulih.evaluation.speed.timing import Task, interleaved, ratio, spread


def test_every_task_is_warmed_up_and_then_run_once_per_round_in_changing_order():
    calls = []
    tasks = [Task("wait", name, 1, lambda name=name: calls.append(name)) for name in "abcd"]
    rows = interleaved(tasks, 6, seed=1)
    assert calls[:4] == list("abcd")
    rounds = [calls[start : start + 4] for start in range(4, len(calls), 4)]
    assert all(sorted(one) == list("abcd") for one in rounds)
    assert len(rounds) == 6
    assert len({tuple(one) for one in rounds}) > 1
    assert rows.groupby("name").size().to_dict() == dict.fromkeys("abcd", 6)


def test_sleep_costs_wall_time_but_no_processor_time_and_is_counted_per_item():
    rows = interleaved([Task("wait", "sleep", 4, lambda: time.sleep(0.08))], 2, seed=1)
    assert spread(rows, "wall").median == pytest.approx(0.02, rel=0.5)
    assert spread(rows, "cpu").median < 0.005


def test_a_ratio_is_taken_round_by_round_so_that_a_slow_round_cancels():
    slow = np.array([1.0, 10.0, 1.0])
    rows = pd.DataFrame({"round": range(3), "wall": 3 * slow})
    found = ratio(rows, pd.DataFrame({"round": range(3), "wall": slow}), "wall")
    assert (found.median, found.low, found.high) == (3.0, 3.0, 3.0)
