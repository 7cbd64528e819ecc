import pytest

from pulih.common.config import build_config
from pulih.common.errors import ConfigError
from pulih.registry.config import GateConfig

RULE = {"kind": "bound", "name": "r", "metric": "a", "operator": ">=", "target": 1}
POLICY = {"name": "p", "registered_model": "m", "rules": [RULE]}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rules": []}, "rules"),
        ({"rules": [RULE, RULE]}, "repeated: r"),
        ({"rules": [{**RULE, "kind": "wish"}]}, "rules.0"),
        ({"rules": [{**RULE, "operator": "=="}]}, "operator"),
        ({"rules": [{**RULE, "target": "high"}]}, "target"),
        ({"rules": [{**RULE, "target": None}]}, "target"),
        ({"rules": [{**RULE, "unit": "dB"}]}, "unit"),
        ({"registered_model": "a b"}, "registered_model"),
        ({"registered_model": "x' OR '1'='1"}, "registered_model"),
        ({"minimum": 3}, "minimum"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_by_name(change, named):
    with pytest.raises(ConfigError) as caught:
        build_config(GateConfig, {**POLICY, **change})
    assert named in str(caught.value)


def test_a_target_that_is_not_finite_is_refused():
    with pytest.raises(ConfigError, match="finite"):
        build_config(GateConfig, {**POLICY, "rules": [{**RULE, "target": float("nan")}]})
