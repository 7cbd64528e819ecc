import numpy as np
import pandas as pd
import pytest

from pulih.evaluation.config import EvaluationConfig
from pulih.evaluation.measure import MEASURED
from pulih.evaluation.summary import GROUPS, in_group, summarize

CONFIG = EvaluationConfig(resamples=200)


def rows(split, severities, errors, fonts=None):
    """Rows of lines of 10 characters and 2 words; ``errors[method]`` gives (sub, del, ins) of each line."""
    fonts = fonts or [f"font-{n}" for n in range(len(severities))]
    tables = []
    for method in MEASURED:
        edits = np.array(errors.get(method, [(0, 0, 0)] * len(severities)))
        tables.append(
            pd.DataFrame(
                {
                    "split": split,
                    "key": [f"k{n}" for n in range(len(severities))],
                    "font": fonts,
                    "severity": severities,
                    "method": method,
                    "image": method,
                    "psnr": [20.0 + n for n in range(len(severities))],
                    "ssim": 0.5,
                    "characters": 10,
                    "substitutions": edits[:, 0],
                    "deletions": edits[:, 1],
                    "insertions": edits[:, 2],
                    "words": 2,
                    "word_errors": (edits.sum(1) > 0).astype(int),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def test_groups_are_thirds_of_the_range_and_its_lower_half():
    severities = np.array([0, 0.33, 1 / 3, 0.5, 0.501, 0.66, 2 / 3, 1.0])
    places = {group: in_group(severities, group).astype(int).tolist() for group in GROUPS}
    assert places == {
        "all": [1] * 8,
        "light": [1, 1, 0, 0, 0, 0, 0, 0],
        "medium": [0, 0, 1, 1, 1, 1, 0, 0],
        "heavy": [0, 0, 0, 0, 0, 0, 1, 1],
        "severity_max_0.5": [1, 1, 1, 1, 0, 0, 0, 0],
    }


def test_every_severity_is_in_exactly_one_third():
    severities = np.linspace(0, 1, 301)
    assert (sum(in_group(severities, name).astype(int) for name in ("light", "medium", "heavy")) == 1).all()


def test_rates_and_changes_are_hand_computed():
    errors = {"degraded": [(1, 2, 0), (0, 0, 0)], "restored": [(0, 0, 0), (1, 0, 1)]}
    part = summarize(rows("test_seen", [0.1, 0.9], errors), CONFIG)["test_seen"]["all"]
    assert part["degraded"]["cer"]["mean"] == pytest.approx(3 / 20)
    assert part["degraded"]["substitutions_insertions"]["mean"] == pytest.approx(1 / 20)
    assert part["degraded"]["deletions"]["mean"] == pytest.approx(2 / 20)
    assert part["degraded"]["wer"]["mean"] == pytest.approx(1 / 4)
    assert part["restored"]["cer"]["mean"] == pytest.approx(2 / 20)
    assert part["change"]["cer"]["mean"] == pytest.approx(-1 / 20)
    assert part["change"]["lines_worse"]["mean"] == pytest.approx(1 / 2)
    assert part["restored"]["psnr"]["mean"] == pytest.approx(20.5)
    assert (part["lines"], part["fonts"], part["resampled_by"]) == (2, 2, "font")


def test_a_line_read_equally_badly_is_not_made_worse():
    errors = {"degraded": [(3, 0, 0), (0, 1, 0)], "restored": [(0, 3, 0), (0, 0, 1)]}
    part = summarize(rows("test_seen", [0.1, 0.2], errors), CONFIG)["test_seen"]["all"]
    assert part["change"]["lines_worse"]["mean"] == 0


def test_a_line_misread_as_badly_when_clean_is_not_worse_than_both():
    errors = {"degraded": [(0, 0, 0)] * 3, "restored": [(2, 0, 0)] * 3, "clean": [(2, 0, 0), (1, 0, 0), (3, 0, 0)]}
    change = summarize(rows("test_seen", [0.1, 0.2, 0.3], errors), CONFIG)["test_seen"]["all"]["change"]
    assert change["lines_worse"]["mean"] == 1
    assert change["lines_worse_than_both"]["mean"] == pytest.approx(1 / 3)


def test_the_selection_is_compared_with_the_degraded_lines_and_says_how_many_are_restored():
    errors = {"degraded": [(2, 0, 0)] * 4, "restored": [(3, 0, 0)] * 4, "selected": [(2, 0, 0)] * 3 + [(4, 0, 0)]}
    table = rows("test_seen", [0.1, 0.2, 0.3, 0.4], errors)
    selected = table["method"] == "selected"
    table.loc[selected, "image"] = ["degraded", "degraded", "degraded", "restored"]
    part = summarize(table, CONFIG)["test_seen"]["all"]
    assert part["selection"]["lines_worse"]["mean"] == pytest.approx(1 / 4)
    assert part["selection"]["restored_share"]["mean"] == pytest.approx(1 / 4)
    assert part["selection"]["cer"]["mean"] == pytest.approx(2 / 40)
    assert part["change"]["lines_worse"]["mean"] == 1


def test_what_a_perfect_restorer_would_reach_is_the_change_to_the_clean_line():
    errors = {"degraded": [(2, 0, 0), (0, 0, 0)], "clean": [(0, 0, 0), (1, 0, 0)]}
    part = summarize(rows("test_seen", [0.1, 0.2], errors), CONFIG)["test_seen"]["all"]
    assert part["perfect"]["cer"]["mean"] == pytest.approx(-1 / 20)
    assert part["perfect"]["lines_worse"]["mean"] == pytest.approx(1 / 2)


def test_splits_are_apart_and_empty_groups_are_left_out():
    tree = summarize(pd.concat([rows("test_seen", [0.1], {}), rows("test_unseen", [0.9], {})]), CONFIG)
    assert set(tree["test_seen"]) == {"all", "light", "severity_max_0.5"}
    assert set(tree["test_unseen"]) == {"all", "heavy"}


def test_methods_are_matched_by_line_not_by_row_order():
    errors = {"degraded": [(2, 0, 0), (0, 0, 0)], "restored": [(2, 0, 0), (0, 0, 0)]}
    table = rows("test_seen", [0.1, 0.2], errors)
    shuffled = table.sample(frac=1, random_state=3)
    assert summarize(shuffled, CONFIG) == summarize(table, CONFIG)
    assert summarize(shuffled, CONFIG)["test_seen"]["all"]["change"]["lines_worse"]["mean"] == 0
