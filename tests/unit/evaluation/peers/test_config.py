import pytest

from pulih.common.config import build_config, read_json
from pulih.common.errors import ConfigError
from pulih.evaluation.peers.config import RestorationBenchmark
from pulih.evaluation.peers.methods import OWN_WEIGHTS
from pulih.restorer.config import LossWeights


@pytest.mark.parametrize("budget", [{}, {"steps": 5, "cpu_seconds": 5.0}])
def test_a_budget_is_steps_or_seconds(budget):
    with pytest.raises(ConfigError, match="either steps or cpu_seconds"):
        build_config(RestorationBenchmark, {"budget": budget})


@pytest.mark.parametrize("methods", [["degraded", "erb"], ["pulih", "erb"], ["degraded", "pulih", "pulih"]])
def test_ours_and_the_degraded_lines_take_part_once(methods):
    with pytest.raises(ConfigError, match=r"may stand twice|must hold"):
        build_config(RestorationBenchmark, {"methods": methods})


@pytest.mark.parametrize(
    "name", ["restoration", "restoration_quick", "ablation", "ablation_short", "ablation_long", "erb", "erb_short"]
)
def test_shipped_configs_are_valid_and_train_every_method_with_the_same_batch(name, request):
    path = request.config.rootpath / "configs" / "benchmarks" / f"{name}.json"
    config = build_config(RestorationBenchmark, read_json(path))
    assert config.peer.batch_size == config.restorer.schedule.line_batch_size == config.restorer.schedule.batch_size
    assert config.peer.validation_lines == config.restorer.schedule.validation_lines
    assert config.evaluation.resamples == 10_000


def test_the_ablation_switches_off_every_loss_alone_with_three_seeds_and_equal_steps(request):
    path = request.config.rootpath / "configs" / "benchmarks" / "ablation.json"
    config = build_config(RestorationBenchmark, read_json(path))
    off = {frozenset(OWN_WEIGHTS[name]) for name in config.methods if name in OWN_WEIGHTS}
    assert {frozenset({name}) for name in LossWeights.model_fields} <= off
    assert "pulih-no-mismatch" in config.methods
    assert len(config.seeds) >= 3
    assert config.budget.steps
