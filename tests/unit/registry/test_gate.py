import json
from pathlib import Path

import pytest

from pulih.common.config import build_config, read_json
from pulih.registry.config import GateConfig
from pulih.registry.gate import Figure, judge, look_up, refusal

POLICIES = Path(__file__).resolve().parents[3] / "configs" / "gates"


def policy(*rules):
    return GateConfig.model_validate({"name": "test", "registered_model": "m", "rules": list(rules)})


def bound(operator, target, metric="a/psnr"):
    return {"kind": "bound", "name": "r", "metric": metric, "operator": operator, "target": target}


def figure(mean, low=None, high=None):
    return {"mean": mean, "low": mean if low is None else low, "high": mean if high is None else high}


def passed(config, metrics, champion=None):
    return [verdict.passed for verdict in judge(config, metrics, champion)]


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        (">=", 29.9999, False), (">=", 30.0, True), (">=", 30.0001, True),
        (">", 30.0, False), (">", 30.0001, True),
        ("<=", 30.0, True), ("<=", 30.0001, False),
        ("<", 30.0, False), ("<", 29.9999, True),
    ],
)  # fmt: skip
def test_a_bound_holds_exactly_up_to_its_boundary(operator, value, holds):
    assert passed(policy(bound(operator, 30.0)), {"a": {"psnr": figure(value)}}) == [holds]


def test_a_bound_goes_by_the_mean_not_by_the_interval():
    assert passed(policy(bound(">=", 30)), {"a": {"psnr": figure(30, 25, 35)}}) == [True]
    assert passed(policy(bound(">=", 30)), {"a": {"psnr": figure(29, 25, 35)}}) == [False]


@pytest.mark.parametrize(("restored", "holds"), [(0.1999, True), (0.2, False), (0.2001, False)])
def test_a_comparison_needs_a_true_improvement(restored, holds):
    rule = {
        "kind": "comparison",
        "name": "r",
        "metric": "x/restored/cer",
        "operator": "<",
        "reference": "x/degraded/cer",
    }
    metrics = {"x": {"restored": {"cer": figure(restored)}, "degraded": {"cer": figure(0.2)}}}
    assert passed(policy(rule), metrics) == [holds]


def champion_rule(better):
    return {"kind": "not_worse_than_champion", "name": "r", "metric": "a/cer", "better": better}


@pytest.mark.parametrize(
    ("better", "value", "holds"),
    [
        ("lower", 0.12, True), ("lower", 0.1201, False), ("lower", 0.01, True),
        ("higher", 0.08, True), ("higher", 0.0799, False), ("higher", 0.9, True),
    ],
)  # fmt: skip
def test_a_challenger_may_be_as_bad_as_the_champions_interval_and_no_worse(better, value, holds):
    champion = {"a": {"cer": figure(0.1, 0.08, 0.12)}}
    assert passed(policy(champion_rule(better)), {"a": {"cer": figure(value)}}, champion) == [holds]


def test_without_a_champion_the_comparison_holds_and_says_so():
    verdict = judge(policy(champion_rule("lower")), {"a": {"cer": figure(0.9)}}, None)[0]
    assert verdict.passed
    assert "no champion" in verdict.message


def test_a_champion_without_the_figure_is_a_refusal():
    verdict = judge(policy(champion_rule("lower")), {"a": {"cer": figure(0.1)}}, {"b": 1})[0]
    assert not verdict.passed
    assert "champion's interval" in verdict.message


@pytest.mark.parametrize("missing", [{}, {"a": {}}, {"a": 3}, {"a": {"psnr": None}}, {"a": {"psnr": "31"}},
                                     {"a": {"psnr": {"mean": 31}}}, {"a": {"psnr": True}}])  # fmt: skip
def test_a_missing_figure_is_a_refusal_that_names_its_path(missing):
    verdict = judge(policy(bound(">=", 30)), missing, None)[0]
    assert not verdict.passed
    assert verdict.value is None
    assert "a/psnr" in verdict.message


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("operator", [">=", ">", "<=", "<"])
def test_a_figure_that_is_not_finite_is_a_refusal_whatever_the_operator(text, operator):
    metrics = json.loads(f'{{"a": {{"psnr": {{"mean": {text}, "low": 1, "high": 2}}}}}}')
    verdict = judge(policy(bound(operator, 30)), metrics, None)[0]
    assert not verdict.passed
    assert "no finite figure" in verdict.message


def test_a_missing_reference_is_a_refusal_that_names_it():
    rule = {"kind": "comparison", "name": "r", "metric": "a", "operator": "<", "reference": "b/c"}
    verdict = judge(policy(rule), {"a": 1.0}, None)[0]
    assert not verdict.passed
    assert "b/c" in verdict.message


def test_a_refusal_says_what_failed_and_by_how_much():
    rules = [{**bound(">=", 30), "name": "PSNR in dB"}, {**bound("<=", 0.02, "a/worse"), "name": "worse"}]
    verdicts = judge(policy(*rules), {"a": {"psnr": figure(21.25), "worse": figure(0.01)}}, None)
    assert refusal(verdicts) == "PSNR in dB: 21.2500 is 8.7500 below the policy's target (30.0000)"
    assert verdicts[0].line().startswith("FAIL  PSNR in dB: 21.2500 (target >= 30.0000)")
    assert verdicts[1].line().startswith("pass  worse: 0.0100 (target <= 0.0200)")


def test_nothing_failed_is_an_empty_refusal():
    assert refusal(judge(policy(bound(">=", 1)), {"a": {"psnr": 2}}, None)) == ""


def test_a_plain_number_is_a_figure_without_width():
    assert look_up({"a": {"b": 3}}, "a/b") == Figure(3.0, 3.0, 3.0)


def test_every_change_of_a_policy_changes_its_digest():
    base = read_json(POLICIES / "production.json")
    variants = [base, {**base, "name": "x"}, {**base, "registered_model": "x"}, {**base, "rules": base["rules"][:-1]}]
    for number, rule in enumerate(base["rules"]):
        changed = {**rule, "metric": "test_seen/all/restored/psnr"}
        variants.append({**base, "rules": [*base["rules"][:number], changed, *base["rules"][number + 1 :]]})
    variants.append({**base, "rules": [{**base["rules"][0], "target": 29.9}, *base["rules"][1:]]})
    digests = {build_config(GateConfig, variant).digest() for variant in variants}
    assert len(digests) == len(variants)


def good():
    """Figures at the very edge of the production policy."""
    return {
        "test_unseen": {
            "all": {
                "degraded": {"cer": figure(0.4)},
                "restored": {"psnr": figure(30.0), "ssim": figure(0.95), "cer": figure(0.39)},
                "selection": {"lines_worse": figure(0.02)},
            }
        }
    }


def test_production_policy_approves_at_its_edge():
    config = build_config(GateConfig, read_json(POLICIES / "production.json"))
    assert refusal(judge(config, good(), None)) == ""


@pytest.mark.parametrize(
    ("part", "metric", "value", "names"),
    [
        ("restored", "psnr", 29.99, "PSNR in dB"),
        ("restored", "ssim", 0.9499, "likeness to the clean lines, SSIM"),
        ("restored", "cer", 0.4, "easier to read"),
        ("selection", "lines_worse", 0.0201, "made worse"),
    ],
)
def test_production_policy_refuses_just_beyond_each_edge(part, metric, value, names):
    config = build_config(GateConfig, read_json(POLICIES / "production.json"))
    metrics = good()
    metrics["test_unseen"]["all"][part][metric] = figure(value)
    failed = [verdict.name for verdict in judge(config, metrics, None) if not verdict.passed]
    assert len(failed) == 1
    assert names in failed[0]


def test_production_policy_compares_with_the_champion():
    config = build_config(GateConfig, read_json(POLICIES / "production.json"))
    champion = good()
    champion["test_unseen"]["all"]["restored"] = {
        "psnr": figure(33, 31, 35), "ssim": figure(0.97, 0.96, 0.98), "cer": figure(0.1, 0.05, 0.15),
    }  # fmt: skip
    failed = [verdict.name for verdict in judge(config, good(), champion) if not verdict.passed]
    assert [name.split()[0] for name in failed] == ["PSNR", "SSIM", "CER"]


def test_quick_policy_can_never_touch_the_production_model():
    quick, production = (build_config(GateConfig, read_json(POLICIES / f"{n}.json")) for n in ("quick", "production"))
    assert quick.registered_model != production.registered_model


def test_quick_policy_reads_figures_that_an_evaluation_has():
    from pulih.evaluation.summary import GROUPS, PARTS

    for path in POLICIES.glob("*.json"):
        for rule in read_json(path)["rules"]:
            for where in (rule["metric"], rule.get("reference", rule["metric"])):
                split, group, method, metric = where.split("/")
                assert split in ("test_seen", "test_unseen")
                assert group in GROUPS
                assert metric in (*PARTS, *(["lines_worse"] if method in ("change", "selection") else []))
