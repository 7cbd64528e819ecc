import pytest

from pulih.common.config import build_config
from pulih.common.errors import ConfigError
from pulih.synthesis.config import SynthesisConfig


def test_number_of_workers_is_no_part_of_the_identity(small):
    one, many = small(workers=1), small(workers=7)
    assert many.workers == 7
    assert one.digest() == many.digest()
    assert "workers" not in many.model_dump(mode="json")


def test_seed_is_part_of_the_identity(small):
    assert small(seed=1).digest() != small(seed=2).digest()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"min_width": 300, "max_width": 200}, "min_width 300"),
        ({"severity_min": 0.8, "severity_max": 0.2}, "severity_min 0.8"),
        ({"languages": {}}, "languages"),
        ({"languages": {"nl": 0.0}}, "languages"),
        ({"fonts": ["bilbo"], "held_out_fonts": ["bilbo"]}, "bilbo"),
        ({"height": 96}, "height"),
        ({"rates": {"holes": 1.5}}, "rates.holes"),
        ({"font": ["bilbo"]}, "'fonts'"),
    ],
)
def test_contradictory_settings_are_refused_by_name(small, changes, named):
    with pytest.raises(ConfigError, match=named):
        build_config(SynthesisConfig, changes)


def test_each_split_has_its_own_count(small):
    config = small(train=1, validation=2, test_seen=3, test_unseen=0)
    assert [config.lines_of(split) for split in ("train", "validation", "test_seen", "test_unseen")] == [1, 2, 3, 0]
