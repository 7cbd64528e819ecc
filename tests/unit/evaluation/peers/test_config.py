import pytest

from pulih.common.config import build_config, read_json
from pulih.common.errors import ConfigError
from pulih.evaluation.peers.config import RestorationBenchmark


@pytest.mark.parametrize("budget", [{}, {"steps": 5, "cpu_seconds": 5.0}])
def test_a_budget_is_steps_or_seconds(budget):
    with pytest.raises(ConfigError, match="either steps or cpu_seconds"):
        build_config(RestorationBenchmark, {"budget": budget})


@pytest.mark.parametrize("methods", [["degraded", "erb"], ["pulih", "erb"], ["degraded", "pulih", "pulih"]])
def test_ours_and_the_degraded_lines_take_part_once(methods):
    with pytest.raises(ConfigError, match=r"may stand twice|must hold"):
        build_config(RestorationBenchmark, {"methods": methods})


@pytest.mark.parametrize("name", ["restoration", "restoration_quick"])
def test_shipped_configs_are_valid_and_train_every_method_with_the_same_batch(name, request):
    path = request.config.rootpath / "configs" / "benchmarks" / f"{name}.json"
    config = build_config(RestorationBenchmark, read_json(path))
    assert config.peer.batch_size == config.restorer.schedule.line_batch_size == config.restorer.schedule.batch_size
    assert config.peer.validation_lines == config.restorer.schedule.validation_lines
    assert config.evaluation.resamples == 10_000
