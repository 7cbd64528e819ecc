import itertools

import numpy as np
import pytest
from scipy import stats

from pulih.evaluation.significance import Bootstrap


def test_ratio_pools_numerators_and_denominators():
    found = Bootstrap(["a", "b"], 1, 500, 0.95).ratio([1, 9], [10, 30])
    assert found.mean == pytest.approx(10 / 40)


def test_two_fonts_give_the_range_of_their_four_draws():
    # Draws are (a, a), (a, b), (b, a), (b, b): the outer ones hold a quarter each, more than 2.5 %.
    found = Bootstrap(["a", "a", "b"], 1, 2000, 0.95).ratio([1.0, 3.0, 10.0], [1, 1, 1])
    assert (found.low, found.high) == (2.0, 10.0)
    assert found.mean == pytest.approx(14 / 3)


def test_interval_matches_the_exact_bootstrap_distribution():
    fonts, values = ["a", "b", "c"], np.array([1.0, 2.0, 6.0])
    exact = [values[list(draw)].mean() for draw in itertools.product(range(3), repeat=3)]
    found = Bootstrap(fonts, 5, 20_000, 0.8).ratio(values, np.ones(3))
    low, high = np.quantile(exact, [0.1, 0.9], method="inverted_cdf")
    assert (found.low, found.high) == pytest.approx((low, high))


def test_lines_drawn_one_font_each_agree_with_scipy():
    values = np.random.default_rng(2).normal(20, 3, 40)
    found = Bootstrap([str(n) for n in range(40)], 3, 5000, 0.95).ratio(values, np.ones(40))
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=5000, rng=4).confidence_interval
    assert found.low == pytest.approx(theirs.low, abs=0.12)
    assert found.high == pytest.approx(theirs.high, abs=0.12)


def test_drawing_fonts_is_wider_than_drawing_lines_when_lines_of_a_font_are_alike():
    values = np.repeat([10.0, 20.0, 30.0, 40.0], 25) + np.random.default_rng(0).normal(0, 0.1, 100)
    by_font = Bootstrap(np.repeat(list("abcd"), 25).tolist(), 1, 2000, 0.95).ratio(values, np.ones(100))
    by_line = Bootstrap([str(n) for n in range(100)], 1, 2000, 0.95).ratio(values, np.ones(100))
    assert by_font.high - by_font.low > 3 * (by_line.high - by_line.low)


def test_one_font_alone_is_resampled_by_line():
    one = Bootstrap(["a"] * 30, 1, 500, 0.95)
    assert one.unit == "line"
    assert Bootstrap(["a", "b"], 1, 500, 0.95).unit == "font"
    found = one.ratio(np.arange(30), np.ones(30))
    assert found.low < found.mean < found.high


def test_a_single_line_has_an_interval_without_width():
    found = Bootstrap(["a"], 1, 100, 0.95).ratio([7.0], [1.0])
    assert (found.low, found.mean, found.high) == (7.0, 7.0, 7.0)


def test_difference_is_paired():
    random = np.random.default_rng(1)
    before = random.normal(20, 5, 50)
    found = Bootstrap([str(n) for n in range(50)], 1, 1000, 0.95).difference(before + 2, before, np.ones(50))
    assert (found.low, found.mean, found.high) == pytest.approx((2, 2, 2))


def test_same_seed_same_interval_and_another_seed_another():
    fonts, values = [str(n) for n in range(20)], np.arange(20.0)
    first, again, other = (Bootstrap(fonts, seed, 300, 0.9).ratio(values, np.ones(20)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_coverage_is_near_the_level_for_many_fonts():
    random = np.random.default_rng(8)
    hits = 0
    for trial in range(200):
        values = np.repeat(random.normal(0, 1, 40), 5)
        found = Bootstrap(np.repeat(np.arange(40), 5).astype(str).tolist(), trial, 300, 0.9).ratio(values, np.ones(200))
        hits += found.low <= 0 <= found.high
    assert 0.82 <= hits / 200 <= 0.96
