import numpy as np
import pandas as pd
import pytest

from pulih.drift.outliers import distances, furthest, robust_deviations
from pulih.features.catalogue import DESCRIPTORS, NAMES


@pytest.fixture
def reference():
    random = np.random.default_rng(0)
    return pd.DataFrame({name: random.normal(50, 5, 200) for name in NAMES})


def pages(reference, count=4):
    table = pd.DataFrame({name: [reference[name].median()] * count for name in NAMES})
    return table.assign(name=[f"{i}.png" for i in range(count)], path="", position=1)


def test_deviations_are_in_normal_standard_deviations(reference):
    off = robust_deviations(reference, reference)
    assert off.std().to_numpy() == pytest.approx(1.0, abs=0.15)


def test_one_wild_reference_page_hardly_changes_the_scale(reference):
    wild = reference.copy()
    wild.iloc[0] = 1e6
    assert robust_deviations(wild, reference).std().max() < 1.3


def test_small_differences_from_a_constant_stay_small(reference):
    constant = reference.assign(stain_area=0.0)
    resolution = {d.name: d.resolution for d in DESCRIPTORS}["stain_area"]
    current = pages(reference).assign(stain_area=resolution)
    assert robust_deviations(constant, current)["stain_area"].tolist() == pytest.approx([1.0] * 4)


def test_the_furthest_page_comes_first_with_what_sticks_out(reference):
    current = pages(reference)
    current.loc[2, "slant"], current.loc[1, "noise"] = 100.0, 30.0
    found = furthest(reference, current, 2)
    assert [(page.name, page.descriptor) for page in found] == [("2.png", "slant"), ("1.png", "noise")]
    assert found[0].deviations > 0 > found[1].deviations
    assert "Slant 100 degrees" in found[0].sentence
    assert "above the synthesis's" in found[0].sentence
    assert "below the synthesis's" in found[1].sentence


def test_missing_descriptors_count_neither_for_nor_against(reference):
    current = pages(reference)
    current.loc[0, "slant"] = np.nan
    current.loc[3, list(NAMES)] = np.nan
    off = robust_deviations(reference, current)
    assert distances(off).tolist() == pytest.approx([0.0] * 4, abs=1e-9)
    assert "3.png" not in [page.name for page in furthest(reference, current, 4)]


def test_a_single_absurd_value_does_not_outweigh_everything(reference):
    current = pages(reference)
    current.loc[0, "slant"] = 1e9
    assert distances(robust_deviations(reference, current))[0] == pytest.approx(10 / np.sqrt(len(NAMES)))
