import pytest
import torch

from pulih.common.errors import ConfigError, TrainingFailed
from pulih.restorer.generator import Generator
from pulih.restorer.pages.material import Patches, material_of
from pulih.restorer.pages.trainer import PatchTraining


@pytest.fixture
def start(drawn, small, alone):
    pages = [material_of(page.degraded, page.clean, 64) for page in drawn]

    def begin(config):
        torch.manual_seed(3)
        patches = Patches(pages, config, 1)
        return PatchTraining(Generator(small.generator), lambda step: [patches.batch(step, alone)], config, alone)

    return begin


def test_the_loss_on_unseen_patches_falls(start, patchy):
    training = start(patchy.model_copy(update={"steps": 60}))
    test = training.batches(10_000)
    before = training.losses(test)["bce"].item()
    for _ in range(60):
        training.advance()
    assert training.losses(test)["bce"].item() < 0.7 * before


def test_a_stopped_training_ends_with_the_weights_of_one_that_ran_through(start, patchy, tmp_path):
    whole, first, second = start(patchy), start(patchy), start(patchy)
    whole.fit(tmp_path / "whole.pt", "d", "whole")
    for _ in range(5):
        first.advance()
    first.save(tmp_path / "part.pt", "d")
    second.fit(tmp_path / "part.pt", "d", "second")
    wanted, found = whole.average.network.state_dict(), second.average.network.state_dict()
    assert second.progress.step == 8
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


def test_no_training_goes_on_from_the_state_of_another(start, patchy, tmp_path):
    training = start(patchy)
    training.save(tmp_path / "state.pt", "one")
    with pytest.raises(ConfigError):
        training.fit(tmp_path / "state.pt", "another", "other")


def test_a_loss_that_is_not_finite_moves_nothing(start, patchy):
    training = start(patchy)
    with torch.no_grad():
        next(training.network.parameters()).fill_(float("nan"))
    before = training.average.network.state_dict()
    with pytest.raises(TrainingFailed, match="not finite"):
        training.advance()
    assert training.progress.step == 0
    assert all(torch.equal(value, training.average.network.state_dict()[name]) for name, value in before.items())


def test_padding_beside_a_line_does_not_count(start, patchy, samples, reader, small, alone):
    from pulih.restorer.feed import images_of

    training = start(patchy)
    narrow = [(samples[0].degraded[:, :64], samples[0].clean[:, :64])]
    alike = training.losses([images_of(narrow, 64)]), training.losses([images_of(narrow, 128)])
    for name in ("bce", "pixel"):
        assert alike[0][name].item() == pytest.approx(alike[1][name].item(), rel=0.02)
