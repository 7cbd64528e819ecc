import time

import pytest

from pulih.evaluation.peers.budget import PROBED_SCHEDULE, Plan, cost_per_step
from pulih.restorer.checkpoint import Progress


class Phased:
    """A training whose steps cost 2 ms of CPU in the first three quarters and 10 ms in the last."""

    def __init__(self):
        self.progress = Progress()
        self.places = []

    def advance(self):
        self.places.append(self.progress.step)
        until = time.process_time() + (0.002 if self.progress.step < 0.75 * PROBED_SCHEDULE else 0.010)
        while time.process_time() < until:
            pass
        self.progress.step += 1


def test_cost_of_a_step_is_the_mean_over_the_phases_of_the_schedule():
    assert cost_per_step(Phased(), probes=20) == pytest.approx(0.75 * 0.002 + 0.25 * 0.010, rel=0.15)


def test_a_step_of_each_kind_goes_before_the_measurement():
    training = Phased()
    cost_per_step(training, probes=4)
    assert training.places == [125, 875, 125, 375, 625, 875]


def test_a_plan_is_kept_for_its_owner_alone(tmp_path):
    plan = Plan(tmp_path / "erb-seed1.plan.json", "owner")
    assert plan.read() is None
    assert plan.write(150.0, 0.4) == 375
    assert Plan(plan.path, "owner").read() == 375
    assert Plan(plan.path, "another").read() is None


def test_a_budget_below_one_step_still_gives_one(tmp_path):
    assert Plan(tmp_path / "plan.json", "owner").write(1.0, 5.0) == 1
