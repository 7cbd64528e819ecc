import numpy as np
import pandas as pd
import pytest

from pulih.evaluation.examples import LABEL_HEIGHT, choose, strip
from pulih.evaluation.measure import METHODS


@pytest.fixture
def measured():
    """Five lines of 10 characters; the change of errors is +4, 0, 0, -2, -9 with PSNR 10, 12, 11, 13, 14."""
    changes, psnrs = [4, 0, 0, -2, -9], [10.0, 12.0, 11.0, 13.0, 14.0]
    tables = [
        pd.DataFrame(
            {
                "key": [f"k{n}" for n in range(5)],
                "font": "f",
                "severity": 0.5,
                "method": method,
                "psnr": psnrs,
                "ssim": 0.7,
                "text": "abcdefghij",
                "read": method,
                "characters": 10,
                "substitutions": [9 + change if method == "restored" else 9 for change in changes],
                "deletions": 0,
                "insertions": 0,
            }
        )
        for method in METHODS
    ]
    shades = {name: shade for shade, name in zip((200, 0, 0, 0, 100, 255), METHODS, strict=True)}
    images = {name: [np.full((64, 500), shade, np.uint8)] * 5 for name, shade in shades.items()}
    return pd.concat(tables, ignore_index=True), images


def test_worst_median_and_best_go_by_the_change_of_the_error_rate(measured):
    assert [(e.place, e.key) for e in choose(*measured, 1)] == [("worst", "k0"), ("median", "k1"), ("best", "k4")]


def test_equal_changes_are_ranked_by_psnr(measured):
    assert [e.key for e in choose(*measured, 2)] == ["k0", "k2", "k2", "k1", "k4", "k3"]


def test_an_example_carries_its_figures(measured):
    worst = choose(*measured, 1)[0]
    assert worst.change == pytest.approx(0.4)
    assert worst.readings["restored"].text == "restored"
    assert (worst.readings["degraded"].cer, worst.readings["restored"].psnr) == (0.9, 10.0)


def test_fewer_lines_than_asked_for_are_enough(measured):
    assert len(choose(*measured, 20)) == 15


def test_strip_stacks_degraded_restored_and_clean_under_labels(measured):
    sheet = strip(choose(*measured, 1)[0])
    assert sheet.shape == (3 * (64 + LABEL_HEIGHT), 500)
    assert [int(sheet[row * (64 + LABEL_HEIGHT) + LABEL_HEIGHT + 30, 250]) for row in range(3)] == [200, 100, 255]
    for row in range(3):
        label = sheet[row * (64 + LABEL_HEIGHT) : row * (64 + LABEL_HEIGHT) + LABEL_HEIGHT]
        assert (label < 128).sum() > 100
