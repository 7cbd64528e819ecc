from dataclasses import replace

import pytest
import torch

from pulih.common.dist import Group
from pulih.common.errors import PulihError
from pulih.restorer.feed import Feed
from pulih.restorer.losses import Candidate, GeneratorLosses, weighted_mean
from pulih.restorer.schedule import active_weights
from pulih.restorer.step import GanStep

LAST = 9


@pytest.fixture
def step(networks, small, alone):
    return GanStep(networks, small, alone)


def candidate_of(networks, batch):
    """The generator's answer, and the same cut off from it, as both networks look at it."""
    logits = networks.generator(batch.degraded)
    return logits, Candidate(logits.detach().requires_grad_(), batch, networks.recognizer)


def weights_at_the_end(config):
    return active_weights(config.weights, config.schedule, LAST)


def changed(before, network):
    return [name for name, value in network.state_dict().items() if not torch.equal(before[name], value)]


def test_step_reports_every_loss_and_accuracy_by_name(step, line_batch, small):
    values = step(line_batch, LAST)
    assert set(small.weights.model_dump()) <= set(values)
    for case in ("image_real", "image_fake", "text_real", "text_fake", "text_mismatch"):
        assert values[f"discriminator_{case}"] >= 0
        assert 0 <= values[f"accuracy_{case}"] <= 1.0001
    assert all(isinstance(value, float) for value in values.values())


def test_shares_are_reported_when_asked_and_change_no_gradient(networks, small, alone, line_batch):
    step = GanStep(networks, small, alone)
    weights = active_weights(small.weights, small.schedule, LAST)
    found = []
    for measure in (False, True):
        torch.manual_seed(1)
        values = step.gradients(line_batch, weights, measure)
        found.append([parameter.grad.clone() for parameter in networks.generator.parameters()])
    assert {name for name in values if name.startswith("share_")} == {f"share_{name}" for name in weights}
    assert all(torch.allclose(one, other, rtol=1e-4, atol=1e-7) for one, other in zip(*found, strict=True))


def test_discriminator_step_leaves_generator_unchanged(step, networks, line_batch, small, weights_of):
    generator, discriminator = weights_of(networks.generator), weights_of(networks.discriminator)
    step._discriminator_gradients(*candidate_of(networks, line_batch)[1:], weights_at_the_end(small))
    assert all(parameter.grad is None for parameter in networks.generator.parameters())
    step.discriminator_optimizer.step()
    assert changed(generator, networks.generator) == []
    assert {name.split(".")[0] for name in changed(discriminator, networks.discriminator)} == {"image", "text"}


def test_generator_step_leaves_discriminator_unchanged(step, networks, line_batch, small, weights_of):
    generator, discriminator = weights_of(networks.generator), weights_of(networks.discriminator)
    step._generator_gradients(*candidate_of(networks, line_batch), weights_at_the_end(small))
    assert all(parameter.grad is None for parameter in networks.discriminator.parameters())
    step.generator_optimizer.step()
    assert changed(discriminator, networks.discriminator) == []
    assert len(changed(generator, networks.generator)) == len(generator)


def test_recognizer_stays_as_it_is(step, networks, line_batch, weights_of):
    before = weights_of(networks.recognizer)
    step(line_batch, LAST)
    assert changed(before, networks.recognizer) == []
    assert not networks.recognizer.training
    assert all(parameter.grad is None for parameter in networks.recognizer.parameters())


def test_the_recognizer_reads_the_clean_and_the_restored_lines_once(step, networks, line_batch, monkeypatch):
    read, features = [], networks.recognizer.features
    monkeypatch.setattr(networks.recognizer, "features", lambda lines: read.append(lines) or features(lines))
    step(line_batch, LAST)
    assert len(read) == 2
    assert not torch.equal(*read)


def test_pixel_phase_leaves_the_discriminator_alone(step, networks, samples, small, alone, weights_of):
    before = weights_of(networks.discriminator)
    values = step(Feed(samples, networks.recognizer.charset, small).batch(0, alone), 0)
    assert changed(before, networks.discriminator) == []
    assert not any(name.startswith(("adversarial", "accuracy", "features", "ctc")) for name in values)


@pytest.mark.parametrize("off", ["adversarial_text", "adversarial_image"])
def test_a_branch_without_weight_is_neither_trained_nor_paid_for(off, networks, small, alone, line_batch, weights_of):
    weights = small.weights.model_copy(update={off: 0.0})
    before = weights_of(networks.discriminator)
    values = GanStep(networks, small.model_copy(update={"weights": weights}), alone)(line_batch, LAST)
    branch = off.removeprefix("adversarial_")
    assert not any(branch in name for name in values)
    assert changed(before, networks.discriminator)
    assert not any(name.startswith(branch + ".") for name in changed(before, networks.discriminator))


def test_gradients_are_those_of_the_weighted_sum(networks, small, alone, line_batch):
    """An independent reference: one graph from the weights to the sum, without the split at the generator's output."""
    step = GanStep(networks, small, alone)
    weights = {name: value for name, value in small.weights.model_dump().items() if name != "ctc"}
    step._generator_gradients(*candidate_of(networks, line_batch), weights)
    found = [parameter.grad.clone() for parameter in networks.generator.parameters()]
    networks.generator.zero_grad()
    losses = GeneratorLosses(networks.discriminator.eval(), small.weights.model_dump())
    candidate = Candidate(networks.generator(line_batch.degraded), line_batch, networks.recognizer)
    weighted_mean(losses(candidate, weights), weights).backward()
    for one, parameter in zip(found, networks.generator.parameters(), strict=True):
        torch.testing.assert_close(one, parameter.grad, rtol=1e-4, atol=1e-7)


def test_ctc_moves_the_generator_by_at_most_its_share(networks, small, alone, line_batch):
    step = GanStep(networks, small, alone)
    weights = {"pixel": 1.0, "ctc": 0.2}
    leaf = networks.generator(line_batch.degraded).detach().requires_grad_()
    losses = step.losses(Candidate(leaf, line_batch, networks.recognizer), weights)
    both = step._judged(leaf, losses, weights)
    losses = step.losses(Candidate(leaf, line_batch, networks.recognizer), ["pixel"])
    pixel = step._judged(leaf, losses, {"pixel": 1.0})
    size, share = pixel.square().mean((1, 2, 3)).sqrt(), (both - pixel).square().mean((1, 2, 3)).sqrt()
    assert (share > 0).all()
    assert (share <= 0.2 * size * 1.001).all()


def test_losses_that_are_not_finite_move_nothing(step, networks, line_batch, weights_of):
    before = weights_of(networks.generator), weights_of(networks.discriminator)
    spoilt = replace(line_batch, clean=line_batch.clean.clone())
    spoilt.clean[0, 0, 5, 5] = float("nan")
    norms = {name for name in before[1] if name.endswith(("_u", "_v"))}
    with pytest.raises(PulihError, match=r"step 9: not finite on this rank: .*pixel.*checkpoint"):
        step(spoilt, LAST)
    assert changed(before[0], networks.generator) == []
    assert set(changed(before[1], networks.discriminator)) <= norms


def test_the_rate_follows_the_schedule(step, line_batch, small):
    step(line_batch, 5)
    first = step.generator_optimizer.param_groups[0]["lr"]
    step(line_batch, LAST)
    assert step.generator_optimizer.param_groups[0]["lr"] < first < small.optimizer.generator_rate
    assert step.discriminator_optimizer.param_groups[0]["lr"] == small.optimizer.discriminator_rate


def test_two_lines_can_be_learned_by_heart(networks, samples, small, alone):
    steps = 120
    late = small.schedule.adversarial.model_copy(update={"start": 0.8})
    schedule = small.schedule.model_copy(
        update={"steps": steps, "batch_size": 2, "line_batch_size": 2, "adversarial": late, "recognition": late}
    )
    optimizer = small.optimizer.model_copy(update={"generator_rate": 2e-2})
    config = small.model_copy(update={"schedule": schedule, "optimizer": optimizer})
    step, feed = GanStep(networks, config, alone), Feed(samples[:2], networks.recognizer.charset, config)
    for number in range(steps):
        step(feed.batch(number, alone), number)
    batch = feed.batch(steps - 1, alone)
    found = (networks.generator.restore(batch.degraded) - batch.clean).square().mean()
    before, white = (batch.degraded - batch.clean).square().mean(), (1 - batch.clean).square().mean()
    assert found < 0.3 * min(before, white)


def test_ranks_hear_of_a_loss_that_is_not_finite_elsewhere(networks, small, line_batch):
    class OtherRankFailed(Group):
        def any(self, condition):
            return True

    group = OtherRankFailed(0, 1, torch.device("cpu"))
    with pytest.raises(PulihError, match="nothing, but on another"):
        GanStep(networks, small, group)(line_batch, LAST)
