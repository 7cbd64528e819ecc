import math

import pytest

from pulih.restorer.config import LossWeights, OptimizerConfig, Ramp, RestorerConfig, ScheduleConfig
from pulih.restorer.schedule import active_weights, first_whole_line_step, ramp, rate_factor, settled_step

SCHEDULE = ScheduleConfig(
    steps=100,
    adversarial=Ramp(start=0.5, length=0.1),
    recognition=Ramp(start=0.6, length=0.2),
    ctc=Ramp(start=0.8, length=0.1),
)


@pytest.mark.parametrize(("step", "factor"), [(0, 0), (49, 0), (50, 0.1), (54, 0.5), (59, 1), (99, 1)])
def test_ramp_rises_in_a_straight_line(step, factor):
    assert ramp(SCHEDULE.adversarial, step, 100) == pytest.approx(factor)


def test_ramp_without_length_is_a_step():
    shape = Ramp(start=0.5, length=0)
    assert [ramp(shape, step, 10) for step in (4, 5)] == [0, 1]


def test_pixel_losses_act_alone_at_first():
    assert set(active_weights(LossWeights(), SCHEDULE, 0)) == {"pixel", "bce", "ssim"}


def test_every_loss_acts_with_its_full_weight_in_the_end():
    weights = LossWeights()
    assert active_weights(weights, SCHEDULE, 99) == weights.model_dump()


def test_weight_zero_switches_a_loss_off():
    weights = LossWeights(bce=0, adversarial_text=0)
    assert not {"bce", "adversarial_text"} & set(active_weights(weights, SCHEDULE, 99))


def test_ramped_weight_is_the_share_of_the_full_one():
    weights = LossWeights(features=0.4)
    assert active_weights(weights, SCHEDULE, 69)["features"] == pytest.approx(0.4 * 0.5)


def test_whole_lines_begin_with_the_first_loss_beyond_pixels():
    config = RestorerConfig(schedule=SCHEDULE)
    assert first_whole_line_step(config) == 50
    without_gan = LossWeights(adversarial_image=0, adversarial_text=0)
    assert first_whole_line_step(config.model_copy(update={"weights": without_gan})) == 60


def test_pixel_losses_alone_never_need_whole_lines_nor_a_ramp():
    none = LossWeights(adversarial_image=0, adversarial_text=0, features=0, posterior=0, ctc=0)
    config = RestorerConfig(schedule=SCHEDULE, weights=none)
    assert first_whole_line_step(config) == 100
    assert settled_step(config) == 0


def test_the_best_model_is_chosen_after_the_last_ramp_that_is_used():
    config = RestorerConfig(schedule=SCHEDULE)
    assert settled_step(config) == 90
    assert settled_step(config.model_copy(update={"weights": LossWeights(ctc=0)})) == 80


def test_rate_warms_up_and_falls_to_its_share():
    optimizer = OptimizerConfig(warmup=0.1, final=0.02)
    factors = [rate_factor(optimizer, step, 100) for step in range(100)]
    assert factors[0] == pytest.approx(1 / 11)
    assert factors[10] == pytest.approx(1)
    assert factors[55] == pytest.approx(0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi / 2)))
    assert factors[99] == pytest.approx(0.02, abs=1e-3)
    assert factors[:10] == sorted(factors[:10])
    assert factors[10:] == sorted(factors[10:], reverse=True)
