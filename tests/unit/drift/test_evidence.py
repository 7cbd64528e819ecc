import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from pulih.drift.calibration import normed_distance
from pulih.drift.evidence import evidently_scores


@pytest.fixture(scope="module")
def tables():
    random = np.random.default_rng(0)
    reference = pd.DataFrame({name: random.normal(10, 2, 30) for name in ("like", "shifted", "gaps", "constant")})
    current = reference.assign(shifted=reference["shifted"] + 5, constant=3.0)
    current.loc[:20, "gaps"] = np.nan
    return reference.assign(constant=3.0), current


@pytest.fixture(scope="module")
def compared(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidently")
    reference, current = tables
    limits = {"like": 0.3, "shifted": 0.4, "gaps": 0.5, "constant": 0.6}
    return folder, evidently_scores(reference, current, limits, 0.5, folder)


def test_scores_are_scipys_distances_in_reference_deviations(tables, compared):
    reference, current = tables
    for name in ("like", "shifted", "gaps"):
        known = current[name].dropna()
        expected = wasserstein_distance(reference[name], known) / reference[name].std(ddof=0)
        assert compared[1][name] == pytest.approx(expected)
        assert compared[1][name] == pytest.approx(normed_distance(reference[name].to_numpy(), known.to_numpy()))


def test_constant_columns_and_gaps_are_compared(compared):
    assert compared[1]["constant"] == 0
    assert set(compared[1]) == {"like", "shifted", "gaps", "constant"}


def test_evidentlys_own_verdict_uses_our_thresholds(compared):
    folder, _ = compared
    report = json.loads((folder / "evidently.json").read_text())
    metrics = {m["config"]["column"]: m["config"] for m in report["metrics"] if "column" in m["config"]}
    assert metrics["shifted"]["threshold"] == 0.4
    html = (folder / "evidently.html").read_text()
    assert "Wasserstein distance (normed)" in html


def test_one_page_is_compared(tables, tmp_path):
    reference, current = tables
    scores = evidently_scores(reference, current.tail(1), {"shifted": 1.0, "like": 1.0}, 0.5, tmp_path)
    assert scores["shifted"] == pytest.approx(
        normed_distance(reference["shifted"].to_numpy(), current["shifted"].tail(1).to_numpy())
    )
