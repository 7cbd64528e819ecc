import numpy as np
import pandas as pd

from pulih.evaluation.reading.sheet import chosen_lines, sheet
from pulih.evaluation.reading.tables import rows_of

METHODS = ("original", "line", "page")
KEYS = ["k0", "k1", "k2"]


def rows():
    lines = pd.DataFrame({"sha256": KEYS, "manuscript": "ms", "contrast": 0.5, "text": "abcd"})
    read = {"original": ["abxx", "abcd", "abcd"], "line": ["abcd", "abcd", "xxxx"], "page": ["abcd"] * 3}
    return pd.concat([rows_of(lines, "adapted", method, read[method]) for method in METHODS])


def test_lines_are_ranked_by_what_restoration_changed():
    assert chosen_lines(rows(), "line", 1) == [("worst", "k2"), ("median", "k1"), ("best", "k0")]
    assert chosen_lines(rows(), "page", 1)[-1] == ("best", "k0")


def test_a_sheet_shows_every_image_of_the_chosen_lines():
    views = {
        method: [np.full((64, 200), 10 * index + 80 * number, np.uint8) for index in range(3)]
        for number, method in enumerate(METHODS)
    }
    drawn = sheet(rows(), [("worst", "k2"), ("best", "k0")], views, {key: at for at, key in enumerate(KEYS)})
    for number in range(3):
        for index in (2, 0):
            assert (drawn == 10 * index + 80 * number).sum() >= 64 * 200
