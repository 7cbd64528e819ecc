import math

import pytest
import torch

from pulih.common.errors import ConfigError, PulihError
from pulih.recognizer.checkpoint import Progress
from pulih.recognizer.config import Augmentation
from pulih.recognizer.decode import read
from pulih.recognizer.feed import TrainingBatch
from pulih.recognizer.trainer import MAX_BAD_STEPS, Trainer, learning_rate
from pulih.recognizer.validate import read_all, spread

PLAIN = Augmentation(degraded_share=0, scale=0, shear=0, shift=0, tone=0, blur=0)


@pytest.fixture(params=["convolutional", "recurrent"])
def config(request, small):
    return small.model_copy(update={"architecture": request.param})


def test_learning_rate_warms_up_then_falls_to_nearly_zero(small):
    config = small.model_copy(update={"steps": 100, "warmup_steps": 9, "learning_rate": 1.0})
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] > 0.97
    assert rates[50] == pytest.approx(0.5)
    assert rates[99] < 0.001


def test_weights_decay_but_biases_and_norms_do_not(small, samples, alone):
    trainer = Trainer(small, samples, alone)
    decayed, kept = (group["params"] for group in trainer.optimizer.param_groups)
    assert all(parameter.ndim > 1 for parameter in decayed)
    assert all(parameter.ndim <= 1 for parameter in kept)
    assert len(decayed) + len(kept) == len(list(trainer.model.parameters()))


def test_overfits_eight_lines(config, samples, alone):
    eager = config.model_copy(
        update={"steps": 250, "batch_size": 8, "learning_rate": 6e-3, "augmentation": PLAIN, "channels": 16}
    )
    trainer = Trainer(eager, samples[:8], alone)
    for _position, indices in trainer.feed.batches(Progress().position, 0):
        if trainer.finished:
            break
        trainer.step(indices)
    texts = read_all(trainer.model, [sample.clean for sample in samples[:8]], 8, alone.device)
    assert texts == [sample.text for sample in samples[:8]]


def test_a_loss_that_is_not_finite_leaves_weights_and_optimizer_alone(small, samples, alone, monkeypatch):
    trainer = Trainer(small, samples, alone)
    trainer.step([0, 1, 2, 3])
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    moments = [state["exp_avg"].clone() for state in trainer.optimizer.state.values()]
    tensors = trainer.feed.tensors

    def poisoned(*arguments) -> TrainingBatch:
        batch = tensors(*arguments)
        batch.images[0, 0, 0, 0] = math.nan
        return batch

    monkeypatch.setattr(trainer.feed, "tensors", poisoned)
    values = trainer.step([0, 1, 2, 3])
    assert not math.isfinite(values["loss"])
    assert all(torch.equal(before[name], value) for name, value in trainer.model.state_dict().items())
    after = [state["exp_avg"] for state in trainer.optimizer.state.values()]
    assert all(torch.equal(a, b) for a, b in zip(moments, after, strict=True))
    for _ in range(MAX_BAD_STEPS - 2):
        trainer.step([0, 1, 2, 3])
    with pytest.raises(PulihError, match="finite loss"):
        trainer.step([0, 1, 2, 3])


def test_a_batch_size_that_ranks_cannot_share_is_refused(small, samples, alone):
    uneven = type(alone)(0, 3, alone.device)
    with pytest.raises(ConfigError, match="batch_size 4 for 3 processes"):
        Trainer(small, samples, uneven)


def test_training_stops_after_patience_and_keeps_the_best_weights(small, samples, alone):
    trainer = Trainer(small.model_copy(update={"patience": 2, "learning_rate": 1e-9}), samples, alone)
    best = trainer.best
    for step in range(1, 5):
        trainer.progress.step = step
        trainer.validate(samples[:4])
    assert trainer.finished
    assert trainer.progress.best_step == 1
    assert trainer.best is not best


def test_read_all_keeps_the_order_of_the_images(small, samples, alone):
    model = Trainer(small, samples, alone).model.eval()
    images = [sample.clean for sample in samples]
    texts = read_all(model, images, 5, alone.device)
    for image, text in zip(images, texts, strict=True):
        width = torch.tensor([image.shape[1]])
        padded = torch.nn.functional.pad(torch.from_numpy(image)[None, None].float() / 255, (0, 512 - width), value=1.0)
        assert read(model, padded, width)[0][:1] == text[:1]


def test_spread_takes_lines_from_everywhere():
    assert spread(list(range(10)), 5) == [0, 2, 4, 6, 8]
    assert spread([1, 2], 5) == [1, 2]
