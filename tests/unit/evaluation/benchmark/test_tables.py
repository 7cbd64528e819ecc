import pytest

from pulih.evaluation.benchmark import tables
from pulih.evaluation.benchmark.published import PublishedRow


def estimate(mean):
    return {"mean": mean, "low": mean - 1, "high": mean + 1}


@pytest.fixture
def results():
    figures = {"fm": estimate(80.126), "pfm": estimate(85), "psnr": estimate(16), "drd": estimate(7)}
    difference = {"of": "pulih", "minus": "sauvola"} | {name: estimate(-2.0) for name in figures}
    group = {"pages": 3, "methods": {"sauvola": figures, "pulih": figures}, "difference": difference}
    return {"model": "abc", "config": {"level": 0.95}, "groups": {"2012": group, "a_b": group}}


PUBLISHED = (
    PublishedRow(group="2012", method="Dang & Lee", psnr=19.81, source="a paper"),
    PublishedRow(group="2018", method="elsewhere", psnr=1.0, source="a paper"),
)


def test_published_rows_follow_what_was_measured_and_say_so(results):
    text = tables.markdown(results, PUBLISHED)
    assert "| 2012 | Sauvola | 80.13 | 85.00 | 16.00 | 7.00 |" in text
    assert "| 2012 | Dang & Lee (published) | -- | -- | 19.81 | -- |" in text
    assert "elsewhere" not in text


def test_differences_show_their_intervals(results):
    assert "| 2012 | Pulih, fixed level minus Sauvola | -2.00 [-3.00, -1.00] |" in tables.markdown(results, ())


def test_latex_escapes_names_and_keeps_its_columns(results):
    text = tables.latex(results, PUBLISHED)
    assert r"a\_b & Sauvola & 80.13" in text
    assert r"Dang \& Lee (published)" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in body} == {5}
