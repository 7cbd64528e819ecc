import logging
import os
import signal

import pytest
import torch

from pulih.common.dist import Group
from pulih.common.errors import ArtifactError, ConfigError, Interrupted, PulihError
from pulih.data.lines import LineSample
from pulih.recognizer.model import load_recognizer
from pulih.restorer.trainer import Trainer, fit


@pytest.fixture
def new_trainer(small, samples, reader_folder, alone):
    def make(config=small):
        return Trainer(config, samples, load_recognizer(reader_folder), alone)

    return make


def scheduled(config, **values):
    return config.model_copy(update={"schedule": config.schedule.model_copy(update=values)})


def everything(trainer):
    modules = (trainer.generator, trainer.step.discriminator, trainer.average.network)
    return [value for module in modules for value in module.state_dict().values()] + list(trainer.best.values())


def stop_after(trainer, steps):
    """Send this process a SIGTERM while step number ``steps`` is made."""
    advance = trainer.advance

    def stopping():
        advance()
        if trainer.progress.step == steps:
            os.kill(os.getpid(), signal.SIGTERM)

    trainer.advance = stopping


@pytest.mark.parametrize("stop", [2, 5, 8])
def test_resumed_training_equals_an_uninterrupted_one(new_trainer, samples, tmp_path, stop):
    whole = new_trainer()
    fit(whole, samples[:3], tmp_path / "whole", "d")
    first = new_trainer()
    stop_after(first, stop)
    with pytest.raises(Interrupted, match=f"stopped at step {stop} of 10"):
        fit(first, samples[:3], tmp_path / "parts", "d")
    second = new_trainer()
    second.restore(tmp_path / "parts" / "state" / "checkpoint.pt", "d")
    assert second.progress.step == stop
    fit(second, samples[:3], tmp_path / "parts", "d")
    assert all(torch.equal(one, other) for one, other in zip(everything(whole), everything(second), strict=True))
    assert whole.progress.history == second.progress.history
    assert whole.progress.best_step == second.progress.best_step == 10


def test_strips_are_drawn_at_every_validation(new_trainer, samples, tmp_path):
    trainer = new_trainer()
    fit(trainer, samples[:3], tmp_path, "d")
    assert sorted(p.name for p in (tmp_path / "strips").iterdir()) == ["step-0000005.png", "step-0000010.png"]
    assert [row["step"] for row in trainer.progress.history["validation"]] == [5, 10]
    assert {"psnr", "ssim", "ink"} <= set(trainer.progress.history["validation"][0])


def test_the_best_model_is_not_chosen_before_every_ramp_is_up(new_trainer, samples, tmp_path):
    trainer = new_trainer()
    trainer.progress.step = 5
    trainer.check(samples[:2], tmp_path / "s.png")
    assert trainer.progress.best_step == -1
    trainer.progress.step = 8
    trainer.check(samples[:2], tmp_path / "s.png")
    assert trainer.progress.best_step == 8


def test_training_ends_early_when_validation_stops_improving(new_trainer, samples, small, tmp_path):
    trainer = new_trainer(scheduled(small, validate_every=1, patience=2, steps=10))
    trainer.progress.best_psnr, trainer.progress.best_step = 99.0, 1
    fit(trainer, samples[:2], tmp_path, "d")
    assert trainer.progress.step == 8
    assert trainer.progress.stale == 2


def test_a_finished_training_makes_no_further_step(new_trainer, samples, tmp_path):
    fit(new_trainer(), samples[:2], tmp_path, "d")
    again = new_trainer()
    again.restore(tmp_path / "state" / "checkpoint.pt", "d")
    before = [value.clone() for value in everything(again)]
    fit(again, samples[:2], tmp_path, "d")
    assert all(torch.equal(one, other) for one, other in zip(before, everything(again), strict=True))


def test_white_pages_are_reported(new_trainer, samples, tmp_path, caplog):
    trainer = new_trainer()
    torch.nn.init.constant_(trainer.average.network.head.bias, 30.0)
    with caplog.at_level(logging.WARNING):
        trainer.check(samples[:2], tmp_path / "s.png")
    assert "paints white pages" in caplog.text


def test_white_pages_at_every_validation_stop_the_training_with_the_reason(new_trainer, samples, tmp_path):
    trainer = new_trainer()
    torch.nn.init.constant_(trainer.average.network.head.bias, 30.0)
    for _ in range(2):
        trainer.check(samples[:2], tmp_path / "s.png")
    with pytest.raises(PulihError, match=r"collapsed.*weights\.bce"):
        trainer.check(samples[:2], tmp_path / "s.png")


def test_validation_tells_how_much_better_the_learned_lines_are(new_trainer, samples, tmp_path):
    trainer = new_trainer()
    trainer.check(samples[:2], tmp_path / "s.png")
    [row] = trainer.progress.history["validation"]
    assert row["psnr_seen"] == pytest.approx(row["psnr"], abs=10)
    assert row["psnr_seen"] != row["psnr"]


def test_a_loss_that_is_not_finite_keeps_the_last_checkpoint(new_trainer, samples, tmp_path):
    trainer = new_trainer()
    batch = trainer.feed.batch

    def spoilt(step, group):
        found = batch(step, group)
        if step == 4:
            found.degraded[0, 0, 0, 0] = float("inf")
        return found

    trainer.feed.batch = spoilt
    with pytest.raises(PulihError, match="step 4: not finite"):
        fit(trainer, samples[:2], tmp_path, "d")
    again = new_trainer()
    again.restore(tmp_path / "state" / "checkpoint.pt", "d")
    assert again.progress.step == 3
    assert all(torch.isfinite(value).all() for value in everything(again))


def test_batches_that_ranks_cannot_share_equally_are_refused(small, samples, reader):
    with pytest.raises(ConfigError, match="4 for 3 processes"):
        Trainer(small, samples, reader, Group(0, 3, torch.device("cpu")))


def test_a_recognizer_for_another_height_is_refused(small, samples, reader, alone):
    taller = [LineSample(s.key, s.degraded.repeat(2, 0), s.clean.repeat(2, 0), s.text, s.meta) for s in samples]
    with pytest.raises(ArtifactError, match="128 px"):
        Trainer(small, taller, reader, alone)
