import numpy as np
import pytest
from scipy import stats

from pulih.research.report.claims import claims_of, per_line, with_worse
from pulih.research.report.runs import IMAGE_METRICS, READING_METRICS, read_run


@pytest.fixture(scope="module")
def run(comparison):
    return read_run(comparison)[0]


@pytest.fixture(scope="module")
def claims(run):
    return {(claim.other, claim.metric): claim for claim in claims_of([run])}


def line_means(run, method, column):
    return run.rows[run.rows["method"] == method].groupby("key")[column].mean().to_numpy()


def test_every_method_but_the_clean_line_is_compared_in_every_metric(claims):
    assert set(claims) == {
        (other, metric) for other in ("degraded", "twin", "weak") for metric in (*IMAGE_METRICS, *READING_METRICS)
    }


def test_a_difference_of_three_decibels_is_shown_as_better_and_a_twin_is_not(claims):
    weak, twin = claims[("weak", "psnr")], claims[("twin", "psnr")]
    assert weak.difference.mean == pytest.approx(3.0, abs=0.2)
    assert (weak.shown, weak.better, weak.seeds_agreeing) == (True, True, 3)
    assert not twin.shown
    assert claims[("weak", "cer")].better
    assert claims[("weak", "cer")].difference.mean < 0


def test_the_interval_is_that_of_scipys_bootstrap_of_font_means(run, claims):
    # Eight lines per font, so that the mean over drawn fonts is the mean of their means.
    difference = line_means(run, "pulih", "psnr") - line_means(run, "weak", "psnr")
    fonts = run.rows[run.rows["method"] == "degraded"].sort_values("key")["font"].to_numpy()
    means = [difference[fonts == font].mean() for font in np.unique(fonts)]
    wanted = stats.bootstrap((means,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1))
    found = claims[("weak", "psnr")].difference
    assert found.low == pytest.approx(wanted.confidence_interval.low, abs=0.02)
    assert found.high == pytest.approx(wanted.confidence_interval.high, abs=0.02)


def test_test_and_effect_sizes_are_those_of_scipy_and_of_counting(run, claims):
    ours, theirs = line_means(run, "pulih", "psnr"), line_means(run, "weak", "psnr")
    claim = claims[("weak", "psnr")]
    assert claim.p == pytest.approx(stats.wilcoxon(ours, theirs).pvalue)
    assert claim.d == pytest.approx(stats.ttest_rel(ours, theirs).statistic / np.sqrt(len(ours)), rel=1e-6)
    pairs = np.sign(ours[:, None] - theirs[None, :])
    assert claim.delta == pytest.approx(pairs.mean())


def test_p_values_are_corrected_for_every_claim_of_the_report(claims):
    ordered = sorted(claims.values(), key=lambda claim: claim.p)
    highest = 0.0
    for rank, claim in enumerate(ordered):
        highest = max(highest, min(1.0, claim.p * (len(ordered) - rank)))
        assert claim.p_holm == pytest.approx(highest)


def test_lines_made_worse_are_counted_per_seed_against_the_degraded_line(run):
    rows = run.rows.copy()
    worse = rows["method"].eq("pulih") & rows["seed"].eq(2) & rows["key"].isin(["line-00", "line-01"])
    rows.loc[worse, "deletions"] = 20
    table = per_line(with_worse(rows)[lambda t: t["method"] == "pulih"])
    assert table["lines_worse"].sum() == pytest.approx(2 / 3)


def test_inventions_and_deletions_stand_apart(run, claims):
    claim = claims[("weak", "deletions")]
    assert claim.ours_value == pytest.approx(line_means(run, "pulih", "deletions").sum() / (20 * 40))
    assert claim.other_value == pytest.approx(line_means(run, "weak", "deletions").sum() / (20 * 40))
    both = claims[("weak", "substitutions_insertions")].difference.mean + claim.difference.mean
    assert both == pytest.approx(claims[("weak", "cer")].difference.mean)
