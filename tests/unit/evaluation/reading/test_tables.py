import numpy as np
import pandas as pd
import pytest

from pulih.evaluation.reading.config import ReadingConfig
from pulih.evaluation.reading.tables import group_figures, rows_of, summarize, thirds

CONFIG = ReadingConfig(resamples=200)


def table(read, writers):
    """Rows of one reader; ``read`` has per method what was read in lines that all say ``abcd``."""
    count = len(writers)
    lines = pd.DataFrame(
        {
            "sha256": [f"{number:03d}" for number in range(count)],
            "manuscript": writers,
            "writer": writers,
            "contrast": np.linspace(0, 1, count),
            "third": thirds(np.linspace(0, 1, count)),
            "text": ["abcd"] * count,
        }
    )
    read = {f"{method}_selected": read[method] for method in ("line", "page")} | read
    return pd.concat([rows_of(lines, "adapted", method, texts) for method, texts in read.items()], ignore_index=True)


@pytest.fixture
def rows():
    read = {
        "original": ["abcd", "abxx", "abc", "abcd"],
        "line": ["abcd", "abcd", "ab", "abcd"],
        "page": ["", "", "", ""],
    }
    return table(read, ["a", "a", "b", "b"])


def test_rates_are_edits_over_characters(rows):
    figures = group_figures(rows, CONFIG)
    assert figures["original"]["cer"]["mean"] == 3 / 16
    assert figures["original"]["substitutions_insertions"]["mean"] == 2 / 16
    assert figures["original"]["deletions"]["mean"] == 1 / 16
    assert figures["original"]["wer"]["mean"] == 2 / 4
    assert figures["page"]["deletions"]["mean"] == 1


def test_a_change_is_after_minus_before_with_the_share_of_lines_worse_and_better(rows):
    change = group_figures(rows, CONFIG)["line"]["change"]
    assert change["cer"]["mean"] == pytest.approx(-1 / 16)
    assert change["deletions"]["mean"] == pytest.approx(1 / 16)
    assert (change["lines_worse"]["mean"], change["lines_better"]["mean"]) == (1 / 4, 1 / 4)


def test_a_change_that_is_the_same_for_every_writer_has_an_interval_of_no_width():
    read = {"original": ["abxx"] * 4 + ["xxxx"] * 4, "line": ["abcx"] * 4 + ["axxx"] * 4, "page": ["abcd"] * 8}
    figures = group_figures(table(read, ["a"] * 4 + ["b"] * 4), CONFIG)
    change = figures["line"]["change"]["cer"]
    assert change["low"] == pytest.approx(change["high"]) == pytest.approx(-1 / 4)
    assert figures["original"]["cer"]["high"] - figures["original"]["cer"]["low"] == pytest.approx(1 / 2)


def test_writers_are_drawn_and_lines_only_where_there_is_one_writer(rows):
    assert group_figures(rows, CONFIG)["resampled_by"] == "writer"
    assert group_figures(rows[rows["writer"] == "a"], CONFIG)["resampled_by"] == "line"


def test_thirds_are_equally_large_and_ordered_by_contrast():
    found = thirds(np.array([0.9, 0.1, 0.5, 0.2, 0.8, 0.6]))
    assert found.tolist() == ["dark", "pale", "middle", "pale", "dark", "middle"]
    assert thirds(np.full(9, 0.5)).tolist() == ["pale"] * 3 + ["middle"] * 3 + ["dark"] * 3


def test_groups_together_hold_every_line(rows):
    both = pd.concat([rows, rows.assign(reader="zero_shot")])
    figures = summarize(both, CONFIG)["zero_shot"]
    for groups in ("by_contrast", "by_manuscript"):
        assert sum(group["lines"] for group in figures[groups].values()) == figures["all"]["lines"] == 4
