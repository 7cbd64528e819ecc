import pytest

from pulih.common.config import build_config, read_json
from pulih.common.errors import ConfigError
from pulih.research.search.config import SearchConfig, setting
from pulih.research.search.trials import trial_config
from pulih.restorer.config import RestorerConfig


def test_the_shipped_search_is_valid_and_covers_every_loss_and_both_rates(request):
    config = build_config(SearchConfig, read_json(request.config.rootpath / "configs" / "benchmarks" / "search.json"))
    weights = {f"weights.{name}" for name in type(config.restorer.weights).model_fields}
    assert set(config.space) == weights | {"optimizer.generator_rate", "optimizer.discriminator_rate"}


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        ({"weights.nothing": {"low": 0.1, "high": 1.0}}, "no number"),
        ({"mixed_precision": {"low": 0.1, "high": 1.0}}, "no number"),
        ({"weights.pixel": {"low": 2.0, "high": 1.0}}, "below high"),
        ({"weights.pixel": {"low": 0.0, "high": 1.0}}, "above 0"),
        ({"weights.pixel": {"low": 2.0, "high": 3.0}}, "outside"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(space, reason):
    with pytest.raises(ConfigError, match=reason):
        build_config(SearchConfig, {"space": space})


def test_a_trial_is_the_base_with_its_values_and_the_budget(small_search):
    found = trial_config(small_search, {"weights.bce": 1.5})
    assert (found.weights.bce, found.schedule.steps, found.schedule.validate_every) == (1.5, 4, 2)
    assert found.weights.model_copy(update={"bce": 0.5}) == small_search.restorer.weights
    assert found.schedule.adversarial == small_search.restorer.schedule.adversarial


def test_settings_are_found_by_dotted_name():
    config = RestorerConfig()
    assert setting(config, "optimizer.generator_rate") == config.optimizer.generator_rate
    assert setting(config, "optimizer.nothing") is None
