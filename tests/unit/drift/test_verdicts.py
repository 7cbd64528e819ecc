import numpy as np
import pandas as pd
import pytest

from pulih.drift.verdicts import judge
from pulih.features.catalogue import NAMES


@pytest.fixture
def reference():
    random = np.random.default_rng(0)
    return pd.DataFrame({name: random.normal(50, 5, 60) for name in NAMES})


def verdict_on(name, reference, current, score=2.0, threshold=1.0):
    judged = judge(reference, current, dict.fromkeys(NAMES, threshold), dict.fromkeys(NAMES, score))
    return {verdict.name: verdict for verdict in judged}[name]


@pytest.mark.parametrize(
    ("shift", "direction", "words"),
    [
        (10, "higher", ["have more bleed-through than the synthesis", "raise synthesis.rates.bleed_through"]),
        (-10, "lower", ["have less bleed-through than the synthesis", "lower synthesis.rates.bleed_through"]),
    ],
)
def test_a_shift_names_its_direction_and_the_setting(reference, shift, direction, words):
    verdict = verdict_on("bleed_through", reference, reference + shift)
    assert verdict.drifted
    assert verdict.direction == direction
    assert all(word in verdict.sentence for word in words)
    assert f"{verdict.archive.median:.3g} against {verdict.reference.median:.3g} % of the ink" in verdict.sentence


@pytest.mark.parametrize(("factor", "direction"), [(4, "wider"), (0.1, "narrower")])
def test_a_change_of_spread_is_told_apart_from_a_shift(reference, factor, direction):
    middle = reference.mean()
    verdict = verdict_on("slant", reference, middle + factor * (reference - middle))
    assert verdict.direction == direction
    assert "varies" in verdict.sentence


def test_below_its_threshold_nothing_has_drifted(reference):
    verdict = verdict_on("noise", reference, reference + 1, score=0.99)
    assert verdict.drifted is False
    assert verdict.direction is None
    assert verdict.sentence.startswith("Noise agrees")


def test_at_its_threshold_a_descriptor_has_drifted(reference):
    assert verdict_on("noise", reference, reference + 5, score=1.0).drifted


def test_what_could_not_be_measured_is_said_and_not_judged(reference):
    blank = reference.assign(slant=np.nan)
    verdict = verdict_on("slant", reference, blank)
    assert verdict.drifted is None
    assert verdict.archive is None
    assert "no archive page" in verdict.sentence
    assert "no synthetic page" in verdict_on("slant", blank, reference).sentence


def test_sides_are_counted_without_missing_values(reference):
    current = reference.copy()
    current.loc[:9, "blur"] = np.nan
    verdict = verdict_on("blur", reference, current)
    assert (verdict.reference.pages, verdict.archive.pages) == (60, 50)
    assert verdict.archive.low < verdict.archive.median < verdict.archive.high


def test_a_single_page_elsewhere_is_judged_too(reference):
    verdict = verdict_on("paper_b", reference, reference.iloc[:1] * 0 + 80)
    assert verdict.direction == "higher"
