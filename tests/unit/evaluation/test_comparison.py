import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pulih.common.errors import InputError
from pulih.evaluation import comparison
from pulih.evaluation.comparison import cliffs_delta, compare, figures, holm, line_values, mean_over_seeds, signed_rank
from pulih.evaluation.config import EvaluationConfig


def table(psnr, errors, fonts, characters=20):
    """Rows as ``measure`` gives them; all errors are substitutions, one deletion more in each line."""
    count = len(psnr)
    return pd.DataFrame(
        {
            "key": [f"line-{n:03d}" for n in range(count)],
            "font": fonts,
            "severity": np.linspace(0, 1, count),
            "psnr": np.asarray(psnr, float),
            "ssim": np.asarray(psnr, float) / 100,
            "characters": characters,
            "words": 4,
            "substitutions": np.asarray(errors, float),
            "deletions": 1.0,
            "insertions": 0.0,
            "word_errors": 1.0,
        }
    )


@pytest.fixture
def config():
    return EvaluationConfig(resamples=2000)


@pytest.fixture
def random():
    return np.random.default_rng(5)


def test_cliffs_delta_is_the_share_of_won_pairs_minus_that_of_lost_ones(random):
    ours, theirs = random.integers(0, 9, 23), random.integers(0, 6, 17)
    signs = [np.sign(int(a) - int(b)) for a, b in itertools.product(ours, theirs)]
    assert cliffs_delta(ours, theirs) == pytest.approx(np.mean(signs))


def test_cliffs_delta_is_one_when_every_line_is_better_and_zero_for_equal_lines():
    assert cliffs_delta([5, 6, 7], [1, 2, 3]) == 1
    assert cliffs_delta([1, 2, 3], [5, 6, 7]) == -1
    assert cliffs_delta([1, 2, 3], [1, 2, 3]) == 0


def test_signed_rank_of_five_gains_is_two_of_the_32_signs():
    # All differences are positive: of 2^5 patterns of signs, this one and its mirror are as extreme.
    assert signed_rank([2, 4, 6, 8, 10], [1, 2, 3, 4, 5]) == pytest.approx(2 / 32)


def test_signed_rank_of_equal_lines_is_one_rather_than_an_error():
    assert signed_rank([1, 2, 3], [1, 2, 3]) == 1


def test_holm_multiplies_the_smallest_by_all_and_never_falls():
    # 0.01 * 4, 0.02 * 3, then 0.03 * 2 and 0.031 * 1, which may not be below those before.
    assert holm([0.031, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([]).size == 0


def test_seeds_are_averaged_per_line_before_lines_are_drawn():
    first, second = table([20, 30], [2, 0], ["a", "b"]), table([24, 30], [4, 1], ["a", "b"])
    found = mean_over_seeds(pd.concat([second.iloc[::-1], first]))
    assert found["psnr"].tolist() == [22, 30]
    assert found["substitutions"].tolist() == [3, 0.5]
    assert line_values(found, "cer").tolist() == pytest.approx([4 / 20, 1.5 / 20])


def test_difference_and_interval_are_those_of_the_drawn_fonts(config):
    fonts = ["a", "a", "b", "c"]
    ours, theirs = table([25, 27, 20, 31], [0] * 4, fonts), table([22, 22, 21, 25], [0] * 4, fonts)
    found = next(c for c in compare({"test_seen": {"pulih": ours, "unet": theirs}}, "pulih", config))
    sums, sizes = np.array([8.0, -1.0, 6.0]), np.array([2, 1, 1])
    exact = [sums[list(d)].sum() / sizes[list(d)].sum() for d in itertools.product(range(3), repeat=3)]
    assert found.metric == "psnr"
    assert found.difference.mean == pytest.approx(13 / 4)
    low, high = np.quantile(exact, [0.025, 0.975], method="inverted_cdf")
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high))


def test_tests_agree_with_scipy_and_are_corrected_over_all_splits(config, random):
    fonts = [f"font-{n % 6}" for n in range(40)]
    tables = {
        split: {name: table(random.normal(25, 2, 40), random.integers(0, 9, 40), fonts) for name in ("pulih", "a", "b")}
        for split in ("test_seen", "test_unseen")
    }
    found = compare(tables, "pulih", config)
    assert [(c.split, c.peer, c.metric) for c in found] == list(
        itertools.product(tables, ("a", "b"), ("psnr", "ssim", "cer"))
    )
    one = next(c for c in found if (c.split, c.peer, c.metric) == ("test_unseen", "b", "cer"))
    ours, theirs = tables["test_unseen"]["pulih"], tables["test_unseen"]["b"]
    assert one.p == pytest.approx(stats.wilcoxon(ours["substitutions"], theirs["substitutions"]).pvalue)
    ordered = np.sort([c.p for c in found])
    steps = np.minimum(1, np.maximum.accumulate(ordered * np.arange(len(found), 0, -1)))
    assert sorted(c.p_holm for c in found) == pytest.approx(steps.tolist())


def test_lines_worse_counts_lines_that_are_misread_more_than_before(config):
    fonts = ["a", "b", "c", "d"]
    degraded, restored = table([10] * 4, [1, 2, 3, 4], fonts), table([20] * 4, [2, 2, 1, 5], fonts)
    found = figures(restored, degraded, comparison.bootstrap_of(restored, config))
    assert found["lines_worse"]["mean"] == 0.5
    assert found["deletions"]["mean"] == pytest.approx(1 / 20)
    assert found["substitutions_insertions"]["mean"] == pytest.approx(10 / 80)


def test_methods_measured_on_other_lines_are_refused(config):
    ours, theirs = table([20, 21], [0, 0], ["a", "b"]), table([20, 21, 22], [0, 0, 0], ["a", "b", "b"])
    with pytest.raises(InputError, match="'unet' measured on the same lines"):
        compare({"test_seen": {"pulih": ours, "unet": theirs}}, "pulih", config)


def test_spread_over_seeds_needs_two_of_them():
    rows = pd.concat(
        [table([20, 22], [0, 0], ["a", "b"]).assign(seed=1), table([24, 26], [2, 0], ["a", "b"]).assign(seed=2)]
    )
    found = comparison.per_seed(rows)
    assert found["psnr"]["values"] == {"1": 21.0, "2": 25.0}
    assert found["psnr"]["standard_deviation"] == pytest.approx(np.std([21, 25], ddof=1))
    assert comparison.per_seed(rows[rows["seed"] == 1])["psnr"]["standard_deviation"] is None


def test_cohens_d_of_pairs_is_the_paired_t_statistic_over_the_root_of_the_lines(random):
    ours, theirs = random.normal(1, 2, 30), random.normal(0, 2, 30)
    assert comparison.cohens_d(ours, theirs) == pytest.approx(
        stats.ttest_rel(ours, theirs).statistic / 30**0.5, rel=1e-6
    )


def test_cohens_d_is_zero_for_equal_pairs_and_finite_without_spread():
    assert comparison.cohens_d([1, 2], [1, 2]) == 0
    assert comparison.cohens_d([2, 3], [1, 2]) == comparison.LARGEST_D
