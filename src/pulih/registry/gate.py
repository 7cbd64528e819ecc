"""The gate: every rule of a policy against the figures of one evaluation."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulih.registry.config import Bound, Comparison, GateConfig, NotWorseThanChampion, Operator, Rule

HOLDS: dict[Operator, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
Metrics = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A figure of an evaluation with its interval; a plain number has no width."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """What one rule said; ``target`` and ``value`` are None where there is no such finite figure."""

    name: str
    metric: str
    operator: Operator
    target: float | None
    value: float | None
    passed: bool
    message: str

    def line(self) -> str:
        """Return the verdict as one line of text."""
        target = "none" if self.target is None else f"{self.target:.4f}"
        value = "none" if self.value is None else f"{self.value:.4f}"
        word = "pass" if self.passed else "FAIL"
        return f"{word}  {self.name}: {value} (target {self.operator} {target}); {self.message}"


def judge(policy: GateConfig, metrics: Metrics, champion: Metrics | None) -> list[Verdict]:
    """Return the verdict of every rule; a figure that is missing or not finite fails its rule.

    Args:
        metrics: the evaluation's ``metrics.json``.
        champion: that of the current champion, None when there is none.
    """
    return [_verdict(rule, metrics, champion) for rule in policy.rules]


def refusal(verdicts: list[Verdict]) -> str:
    """Return what failed and by how much, empty when every rule holds."""
    return "; ".join(f"{verdict.name}: {verdict.message}" for verdict in verdicts if not verdict.passed)


def look_up(metrics: Metrics, path: str) -> Figure | None:
    """Return the figure at ``path`` (keys joined by ``/``), None when there is no finite one."""
    here: Any = metrics
    for key in path.split("/"):
        if not isinstance(here, Mapping) or key not in here:
            return None
        here = here[key]
    parts = [here[key] for key in ("mean", "low", "high") if key in here] if isinstance(here, Mapping) else [here] * 3
    if len(parts) != 3 or not all(_finite(part) for part in parts):
        return None
    return Figure(*map(float, parts))


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _verdict(rule: Rule, metrics: Metrics, champion: Metrics | None) -> Verdict:
    figure = look_up(metrics, rule.metric)
    value = figure.mean if figure else None
    sign = _operator(rule)
    if value is None:
        reason = f"the evaluation has no finite figure at '{rule.metric}'"
        return Verdict(rule.name, rule.metric, sign, None, None, False, reason)
    if isinstance(rule, NotWorseThanChampion) and champion is None:
        return Verdict(rule.name, rule.metric, sign, None, value, True, "there is no champion to compare with")
    target, origin = _target(rule, metrics, champion)
    if target is None:
        return Verdict(rule.name, rule.metric, sign, None, value, False, f"no finite figure at {origin}")
    passed = HOLDS[sign](value, target)
    return Verdict(rule.name, rule.metric, sign, target, value, passed, _message(value, target, passed, origin))


def _operator(rule: Rule) -> Operator:
    if isinstance(rule, NotWorseThanChampion):
        return ">=" if rule.better == "higher" else "<="
    return rule.operator


def _target(rule: Rule, metrics: Metrics, champion: Metrics | None) -> tuple[float | None, str]:
    if isinstance(rule, Bound):
        return rule.target, "the policy's target"
    if isinstance(rule, Comparison):
        reference = look_up(metrics, rule.reference)
        return (reference.mean if reference else None), f"'{rule.reference}'"
    reached = look_up(champion or {}, rule.metric)
    end, bound = ("lower", "low") if rule.better == "higher" else ("upper", "high")
    return (getattr(reached, bound) if reached else None), f"the {end} end of the champion's interval"


def _message(value: float, target: float, passed: bool, origin: str) -> str:
    if value == target:
        return f"equal to {origin}" + ("" if passed else ", which does not suffice")
    side = "above" if value > target else "below"
    return f"{value:.4f} is {abs(value - target):.4f} {side} {origin} ({target:.4f})"
