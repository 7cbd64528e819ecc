"""A path through the columns becomes words, each with its confidence and its place."""

import numpy as np
import pytest

from pulih.data.charset import Charset
from pulih.recognizer.bestpath import BestPath

CHARSET = Charset("ab ")
SCORES = {"a": 1, "b": 2, " ": 3, "-": 0}


def path(columns: str, sure: list[float]) -> BestPath:
    """Return the path of columns, ``-`` for a blank, whose best classes have the probabilities ``sure``."""
    probabilities = np.full((len(columns), 4), 1.0)
    for row, character, best in zip(probabilities, columns, sure, strict=True):
        row[:] = (1 - best) / 3
        row[SCORES[character]] = best
    # Any constant may be added to a column's scores.
    return BestPath.of((np.log(probabilities) + 7).astype(np.float32))


def test_repeats_are_merged_blanks_and_spaces_left_out_and_each_word_has_its_place() -> None:
    line = path("aa-a b--", [0.5, 0.9, 0.8, 0.7, 0.4, 0.6, 0.9, 0.9]).line(CHARSET)
    assert line.text == "aa b"
    assert [word.confidence for word in line.words] == pytest.approx([0.8, 0.6])
    assert line.confidence == pytest.approx((0.9 + 0.7 + 0.6) / 3)
    assert [(word.start, word.end) for word in line.words] == [(0, 0.5), (0.625, 0.75)]


def test_a_path_of_blanks_says_nothing_and_is_not_sure_of_it() -> None:
    blank = path("---", [0.9, 0.9, 0.9])
    assert (blank.line(CHARSET).words, blank.line(CHARSET).confidence) == ((), 0.0)
    assert blank.surety == pytest.approx(0.9)
    assert path("ab", [0.4, 0.9]).surety == pytest.approx(0.6)
