"""Thirds of the severity and relative error rates, from tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.peers.reading import by_severity
from pulih.evaluation.peers.tables import reading_table

CONFIG = EvaluationConfig(resamples=200)
SEVERITIES = [0.1, 0.2, 0.5, 0.6, 0.8, 1.0]


def table(errors):
    """Return six lines of three fonts, ten characters each, with so many substitutions."""
    blank = dict.fromkeys(("deletions", "insertions", "word_errors"), 0.0) | {"psnr": 20.0, "ssim": 0.9, "words": 2}
    about = {"key": list("abcdef"), "font": ["x", "y", "z"] * 2, "severity": SEVERITIES, "characters": 10}
    return pd.DataFrame({**about, **blank, "substitutions": np.asarray(errors, dtype=float)})


METHODS = {"degraded": table([1, 1, 2, 2, 4, 4]), "erb": table([0, 0, 2, 2, 4, 4]), "pulih": table([1, 1, 1, 1, 3, 3])}


@pytest.fixture(scope="module")
def groups():
    return by_severity(METHODS, "pulih", CONFIG)


def test_each_third_holds_its_own_lines(groups):
    assert {name: group["lines"] for name, group in groups.items()} == {"all": 6, "light": 2, "medium": 2, "heavy": 2}
    assert groups["heavy"]["methods"]["pulih"]["cer"]["mean"] == pytest.approx(6 / 20)


def test_relative_cer_is_the_share_of_the_peers_errors_less_one(groups):
    heavy = groups["heavy"]["relative_cer"]["erb"]
    assert heavy["mean"] == pytest.approx(6 / 8 - 1)
    assert heavy["low"] <= heavy["mean"] <= heavy["high"]
    assert groups["all"]["relative_cer"]["degraded"]["mean"] == pytest.approx(10 / 14 - 1)


def test_a_peer_without_errors_has_no_relative_cer(groups):
    assert groups["light"]["relative_cer"]["erb"] is None


def test_thirds_without_lines_are_left_out():
    light = {name: one[one["severity"] < 0.3] for name, one in METHODS.items()}
    assert set(by_severity(light, "pulih", CONFIG)) == {"all", "light"}


def test_the_interval_is_paired_over_fonts():
    """Errors that differ by font but are always half of the peer's have an interval without width."""
    peer = table([8, 2, 4, 8, 2, 4])
    half = table([4, 1, 2, 4, 1, 2])
    found = by_severity({"degraded": peer, "erb": peer, "pulih": half}, "pulih", CONFIG)["all"]["relative_cer"]["erb"]
    assert found == {"mean": -0.5, "low": -0.5, "high": -0.5}


def results(groups, **more):
    cer = {"cer": {"mean": 0.2, "low": 0.1, "high": 0.3}}
    return {
        "about": {"ours": "pulih", "config": {"evaluation": {"level": 0.95}}},
        "splits": {"test_unseen": {"methods": dict.fromkeys(METHODS, cer), **groups}},
        **more,
    }


def test_table_shows_ours_relative_to_every_other_method(groups):
    shown = reading_table(results({"groups": groups}), "test_unseen")
    assert shown.header == ["method", "all", "light", "medium", "heavy"]
    assert shown.rows[2] == ["erb", "20.0 [10.0, 30.0]", "0.0 [0.0, 0.0]", "20.0 [20.0, 20.0]", "40.0 [40.0, 40.0]"]
    assert [shown.rows[3][0], shown.rows[3][2]] == ["", ""]
    assert shown.rows[3][4].startswith("(-25 [")
    assert shown.rows[-1][0] == "pulih"


def test_stored_results_sorted_by_key_keep_the_order_of_the_damage(groups):
    stored = results({"groups": dict(sorted(groups.items()))})
    assert reading_table(stored, "test_unseen") == reading_table(results({"groups": groups}), "test_unseen")


def test_a_further_reader_is_named_in_its_table(groups):
    tree = results({"groups": groups})
    shown = reading_table(tree | {"readers": {"clean lines only": tree}}, "test_unseen", "clean lines only")
    assert "by 'clean lines only'" in shown.caption


def test_results_of_before_have_no_such_table():
    assert reading_table(results({}), "test_unseen") is None
