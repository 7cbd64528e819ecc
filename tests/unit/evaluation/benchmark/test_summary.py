import pandas as pd
import pytest

from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.summary import ALL, summarize

CONFIG = BenchmarkConfig(resamples=500)


@pytest.fixture
def table():
    """Two groups of pages; ours has 10 points less F-measure than Sauvola on every page."""
    rows = []
    for at in range(6):
        for method, loss in (("sauvola", 0.0), ("pulih", 10.0)):
            page = {"page": f"p{at}", "group": "2009" if at < 2 else "2012", "method": method}
            figures = {"fm": 70 + 5 * at - loss, "pfm": 80 - loss, "psnr": 15.0 + at, "drd": 5.0 + loss}
            shares = {"precision": 0.5 + 0.05 * at, "recall": 0.9, "thinned_recall": 1.0}
            rows.append(page | figures | shares)
    return pd.DataFrame(rows)


def test_means_are_over_the_pages_of_a_group(table):
    tree = summarize(table, CONFIG, "pulih", "sauvola")
    assert list(tree) == ["2009", "2012", ALL]
    assert [tree[group]["pages"] for group in tree] == [2, 4, 6]
    assert tree["2009"]["methods"]["sauvola"]["fm"]["mean"] == pytest.approx(72.5)
    assert tree[ALL]["methods"]["pulih"]["fm"]["mean"] == pytest.approx(72.5)


def test_differences_are_paired_so_that_a_constant_loss_has_no_spread(table):
    difference = summarize(table, CONFIG, "pulih", "sauvola")[ALL]["difference"]
    assert difference["fm"] == pytest.approx({"mean": -10, "low": -10, "high": -10})
    assert difference["drd"]["mean"] == pytest.approx(10)


def test_intervals_hold_the_mean_and_show_the_spread_of_pages(table):
    fm = summarize(table, CONFIG, "pulih", "sauvola")[ALL]["methods"]["sauvola"]["fm"]
    assert 70 < fm["low"] < fm["mean"] < fm["high"] < 95


def test_contest_means_are_harmonic_means_of_mean_precision_and_recall(table):
    figures = summarize(table, CONFIG, None, "sauvola")["2009"]["methods"]["sauvola"]
    precision = (0.5 + 0.55) / 2
    assert figures["fm_of_means"] == pytest.approx(200 * precision * 0.9 / (precision + 0.9))
    assert figures["pfm_of_means"] == pytest.approx(200 * precision / (precision + 1))


def test_without_ours_there_is_no_difference(table):
    assert "difference" not in summarize(table, CONFIG, None, "sauvola")[ALL]
