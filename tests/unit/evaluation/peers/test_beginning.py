import pytest
import torch

from pulih.common.config import read_json
from pulih.common.errors import ConfigError
from pulih.data.lines import read_lines
from pulih.evaluation.peers import beginning as module
from pulih.evaluation.peers.beginning import STATE, CommonBeginning
from pulih.evaluation.peers.config import Budget, RestorationBenchmark
from pulih.evaluation.peers.methods import OWN_WEIGHTS, Trained, own_config
from pulih.recognizer.model import load_recognizer
from pulih.recognizer.validate import spread
from pulih.restorer.checkpoint import owner_of
from pulih.restorer.trainer import Trainer, fit

STEPS = 6
RAMPS = ("adversarial", "recognition", "ctc")
SHARING = {
    *("pulih", "pulih-no-gan", "pulih-image-only", "pulih-text-only", "pulih-no-mismatch", "pulih-pixel"),
    *("pulih-no-features", "pulih-no-posterior", "pulih-no-ctc", "pulih-no-recognition"),
}


@pytest.fixture(scope="module")
def comparison(small_benchmark):
    """The small comparison, its losses on whole lines still rising when the common steps are made."""
    rising = {"start": 0.5, "length": 0.4}
    schedule = small_benchmark.restorer.schedule.model_dump() | dict.fromkeys(RAMPS, rising)
    restorer = small_benchmark.restorer.model_dump() | {"schedule": schedule}
    return RestorationBenchmark.model_validate(small_benchmark.model_dump() | {"restorer": restorer})


@pytest.fixture(scope="module")
def common(comparison, inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison") / "beginning"
    return CommonBeginning(own_config("pulih", 1, STEPS, comparison), inputs.lines, inputs.recognizer, folder)


def trainer_of(config, inputs, alone):
    return Trainer(config, read_lines(inputs.lines, "train"), load_recognizer(inputs.recognizer), alone)


@pytest.mark.parametrize("name", ["pulih", "pulih-no-mismatch", "pulih-pixel"])
def test_a_training_that_goes_on_from_the_common_steps_ends_as_one_from_nothing(
    common, comparison, inputs, alone, tmp_path, name
):
    config = own_config(name, 1, STEPS, comparison)
    owner = owner_of(config, inputs.lines, inputs.recognizer)
    validation = spread(read_lines(inputs.lines, "validation"), config.schedule.validation_lines)
    whole = trainer_of(config, inputs, alone)
    fit(whole, validation, tmp_path / "whole", owner)
    common.give(config, tmp_path / "parts")
    second = trainer_of(config, inputs, alone)
    second.restore(tmp_path / "parts" / STATE, owner)
    assert second.progress.step == common.until == STEPS / 2
    fit(second, validation, tmp_path / "parts", owner)
    assert whole.progress.history == second.progress.history
    assert whole.progress.best_step == second.progress.best_step
    for one, other in zip(states_of(whole), states_of(second), strict=True):
        assert torch.equal(one, other)
    strips = [sorted(path.name for path in (tmp_path / part / "strips").iterdir()) for part in ("whole", "parts")]
    assert strips[0] == strips[1]


def states_of(trainer):
    modules = (trainer.generator, trainer.step.discriminator, trainer.average.network)
    return [value for module in modules for value in module.state_dict().values()] + list(trainer.best.values())


def test_common_steps_are_made_once(common, comparison, tmp_path, monkeypatch):
    config = own_config("pulih-no-ctc", 1, STEPS, comparison)
    common.give(own_config("pulih", 1, STEPS, comparison), tmp_path / "first")
    monkeypatch.setattr(module.Trainer, "advance", lambda _: pytest.fail("made again"))
    common.give(config, tmp_path / "second")
    assert (tmp_path / "second" / STATE).is_file()


def test_a_training_that_has_begun_keeps_its_state(common, comparison, tmp_path):
    state = tmp_path / STATE
    state.parent.mkdir()
    state.write_bytes(b"its own")
    common.give(own_config("pulih", 1, STEPS, comparison), tmp_path)
    assert state.read_bytes() == b"its own"


def test_the_state_of_other_steps_is_refused(common, comparison, inputs, tmp_path):
    common.give(own_config("pulih", 1, STEPS, comparison), tmp_path / "first")
    other = own_config("pulih", 2, STEPS, comparison)
    foreign = CommonBeginning(other, inputs.lines, inputs.recognizer, common.folder)
    with pytest.raises(ConfigError, match="no training inherits"):
        foreign.give(other, tmp_path / "other")


def test_only_what_acts_on_whole_lines_may_differ(common, comparison):
    served = {name for name in OWN_WEIGHTS if common.serves(own_config(name, 1, STEPS, comparison))}
    assert served == SHARING
    assert not common.serves(own_config("pulih", 2, STEPS, comparison))
    assert not common.serves(own_config("pulih", 1, STEPS + 1, comparison))


def test_the_best_model_may_not_be_chosen_among_common_steps_in_part(comparison, inputs, tmp_path):
    config = own_config("pulih", 1, STEPS, comparison)
    sudden = dict.fromkeys(RAMPS, config.schedule.ctc.model_copy(update={"length": 0}))
    config = config.model_copy(update={"schedule": config.schedule.model_copy(update=sudden)})
    assert not CommonBeginning(config, inputs.lines, inputs.recognizer, tmp_path).serves(config)


@pytest.mark.parametrize(
    ("methods", "budget", "shared"),
    [
        (("pulih", "pulih-no-gan"), Budget(steps=STEPS), True),
        (("pulih", "pulih-no-bce", "erb"), Budget(steps=STEPS), False),
        (("pulih", "pulih-no-gan"), Budget(cpu_seconds=60), False),
    ],
)
def test_a_comparison_shares_what_two_methods_have_in_common(comparison, inputs, tmp_path, methods, budget, shared):
    config = comparison.model_copy(update={"methods": ("degraded", *methods), "budget": budget})
    trained = Trained(config, inputs.lines, inputs.recognizer, tmp_path)
    assert (trained._beginning(1, STEPS) is not None) is shared


@pytest.mark.slow
def test_a_shared_beginning_leaves_the_artifacts_as_they_were(comparison, inputs, tmp_path):
    config = comparison.model_copy(update={"methods": ("degraded", "pulih", "pulih-no-gan")})
    alone = config.model_copy(update={"methods": ("degraded", "pulih")})
    found = {}
    for folder, one in (("shared", config), ("alone", alone)):
        trained = Trained(one, inputs.lines, inputs.recognizer, tmp_path / folder)
        found[folder] = trained.obtain("pulih", 1).digest()
    assert (tmp_path / "shared" / "pulih-seed1-beginning" / STATE).is_file()
    assert not (tmp_path / "alone" / "pulih-seed1-beginning").exists()
    assert found["shared"] == found["alone"]
    history = [read_json(tmp_path / name / "pulih-seed1" / "metrics.json")["history"] for name in found]
    assert history[0] == history[1]
