import copy

from pulih.evaluation.reading.outputs import latex, markdown, table_rows, verdict
from pulih.evaluation.reading.restoring import MEASURED

ESTIMATE = {"mean": 0.25, "low": 0.2, "high": 0.3}
RATES = dict.fromkeys(("cer", "wer", "substitutions_insertions", "deletions"), ESTIMATE)
CHANGE = RATES | {"lines_worse": ESTIMATE, "lines_better": ESTIMATE}
GROUP = {
    **{"lines": 8, "writers": 2, "original": RATES},
    **{method: RATES | {"change": CHANGE} for method in MEASURED[1:]},
}
READER = {"all": GROUP, "by_contrast": {"pale": GROUP}, "by_manuscript": {"ms_1": GROUP}}
FIGURES = {"zero_shot": READER, "adapted": READER}


def figures_with(low, mean, high):
    figures = copy.deepcopy(FIGURES)
    figures["adapted"]["all"]["line"]["change"]["cer"] = {"mean": mean, "low": low, "high": high}
    return figures


def test_a_verdict_says_which_way_the_interval_lies():
    assert "raises the CER (+25.0 [+20.0, +30.0] points)" in verdict(FIGURES, "adapted", "line")
    assert "lowers the CER (-2.0 [-3.0, -1.0]" in verdict(figures_with(-0.03, -0.02, -0.01), "adapted", "line")


def test_a_verdict_says_when_nothing_is_shown():
    assert "neither lowers nor raises" in verdict(figures_with(-0.03, -0.01, 0.01), "adapted", "line")


def test_every_reader_group_and_method_has_a_row():
    rows = table_rows(FIGURES)
    assert len(rows) == 2 * 2 * len(MEASURED)
    assert {row[1] for row in rows} == {"all (8)", "pale (8)"}
    assert rows[0][3] == "25.0 [20.0, 30.0]"


def test_the_report_counts_what_was_done_to_the_texts():
    about = {
        "restorer": "r",
        "recognizer": "e",
        "level": 0.95,
        "changes": {"^ -> nothing": 3},
        "left_out": {"no text": 1},
    }
    text = markdown({"about": about, "figures": FIGURES}, table_rows(FIGURES))
    assert "Characters replaced: 3; `^ -> nothing` 3." in text
    assert "Lines left out: 1; `no text` 1." in text


def test_latex_escapes_what_it_would_take_for_its_own():
    table = latex([("a_b", "50 %", *[""] * 8)], 0.95)
    assert r"a\_b & 50 \% &" in table
    assert table.count(r"\\") == 2
