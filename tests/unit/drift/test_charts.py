import re

import numpy as np
import pandas as pd
import pytest

from pulih.drift.charts import histogram
from pulih.drift.verdicts import judge
from pulih.features.catalogue import NAMES


@pytest.fixture
def verdict():
    table = pd.DataFrame({name: np.arange(10.0) for name in NAMES})
    return judge(table, table, {}, {})[0]


def test_both_sides_are_drawn_in_colours_of_the_page(verdict):
    random = np.random.default_rng(0)
    svg = histogram(verdict, pd.Series(random.normal(0, 1, 30)), pd.Series(random.normal(3, 1, 100)))
    assert {"series-1", "series-2"} <= set(re.findall(r"var\(--([\w-]+)\)", svg))
    assert verdict.unit.replace("'", "&#x27;") in svg or verdict.unit in svg


@pytest.mark.parametrize("current", [[5.0], [0.0, np.nan], [2.0] * 40], ids=["one page", "gap", "constant"])
def test_small_and_constant_samples_are_drawn(verdict, current):
    assert "<svg" in histogram(verdict, pd.Series([0.0] * 6), pd.Series(current))


def test_nothing_is_drawn_without_values(verdict):
    assert histogram(verdict, pd.Series([1.0, 2.0]), pd.Series([np.nan])) is None
