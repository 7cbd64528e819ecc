import pytest
import torch

from pulih.common.errors import ConfigError, PulihError
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs
from pulih.evaluation.finetune.material import Patches, prepare
from pulih.evaluation.finetune.trainer import Finetuning
from pulih.restorer.artifact import load_generator


@pytest.fixture
def start(pages, initial):
    torch.set_num_threads(1)
    prepared = list(prepare(find_pairs(pages, Suffixes()), 64).values())
    return lambda config: Finetuning(load_generator(initial), Patches(prepared, config, 64), config)


def test_the_loss_on_unseen_patches_falls(start, quick):
    training = start(quick.model_copy(update={"steps": 60}))
    test = training.patches.batch(10_000)
    before = training.losses(*test)["bce"].item()
    for _ in range(60):
        training.advance()
    assert training.losses(*test)["bce"].item() < 0.7 * before


def test_a_stopped_training_ends_with_the_weights_of_one_that_ran_through(start, quick, tmp_path):
    whole, first, second = start(quick), start(quick), start(quick)
    whole.fit(tmp_path / "whole.pt", "d")
    for _ in range(5):
        first.advance()
    first.save(tmp_path / "part.pt", "d")
    second.restore(tmp_path / "part.pt", "d")
    second.fit(tmp_path / "part.pt", "d")
    wanted, found = whole.average.network.state_dict(), second.average.network.state_dict()
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


def test_no_training_goes_on_from_the_state_of_another(start, quick, tmp_path):
    training = start(quick)
    training.save(tmp_path / "state.pt", "one")
    with pytest.raises(ConfigError):
        training.restore(tmp_path / "state.pt", "another")


def test_a_loss_that_is_not_finite_moves_nothing(start, quick):
    training = start(quick)
    with torch.no_grad():
        next(training.network.parameters()).fill_(float("nan"))
    with pytest.raises(PulihError, match="not finite"):
        training.advance()
    assert training.progress.step == 0
