"""Do no harm: each criterion decides at its threshold, and says its number."""

import pytest

from pulih.batch.config import HarmConfig
from pulih.batch.decision import Readings, decide
from pulih.restorer.trust import Trust

CONFIG = HarmConfig(min_confidence=0.7, max_erased=0.4, min_gain=-0.01, max_colour_lost=0.01)


@pytest.mark.parametrize(
    ("trust", "lost", "readings", "restore", "criterion"),
    [
        (Trust(None, None), 0.0, None, False, "writing"),
        (Trust(None, 0.1), 0.5, Readings(0.5, 0.9, 9), False, "writing"),
        (Trust(0.7, 0.4), 0.01, None, True, "network confidence"),
        (Trust(0.69, 0.1), 0.0, None, False, "network confidence"),
        (Trust(0.9, None), None, None, True, "network confidence"),
        (Trust(0.9, 0.41), 0.0, None, False, "erased marks"),
        (Trust(0.1, 0.9), 0.0, Readings(0.80, 0.795, 9), True, "recognizer gain"),
        (Trust(0.9, 0.0), 0.0, Readings(0.80, 0.78, 9), False, "recognizer gain"),
        (Trust(0.9, 0.0), 0.011, Readings(0.5, 0.9, 9), False, "lost colour"),
    ],
)
def test_the_criterion_that_applies_decides(trust, lost, readings, restore: bool, criterion: str) -> None:
    decision = decide(trust, lost, readings, CONFIG)
    assert (decision.restore, decision.criterion) == (restore, criterion)


def test_the_sentence_has_the_number_and_the_threshold() -> None:
    assert decide(Trust(0.5, 0.0), 0.0, None, CONFIG).sentence == (
        "passed on untouched: network confidence 0.500, threshold 0.700"
    )
    assert "no writing" in decide(Trust(None, None), None, None, CONFIG).sentence
