import pandas as pd
import pytest

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.evaluation.reading.benchmark import benchmark


@pytest.fixture(scope="module")
def finished(plan, real_lines, trained_blur, judge, tmp_path_factory):
    output = tmp_path_factory.mktemp("reading")
    benchmark(plan, real_lines, trained_blur, judge, output)
    return output


def test_every_line_is_read_by_both_readers_from_every_image(finished):
    rows = pd.read_parquet(finished / "per_line.parquet")
    assert len(rows) == 24 * 2 * 5
    assert not rows.duplicated(["sha256", "reader", "method"]).any()


def test_results_are_written_in_every_form(finished):
    for name in ("results.json", "results.md", "results.tex", "results.png", "strips_line.png", "strips_page.png"):
        assert (finished / name).stat().st_size > 100
    figures = read_json(finished / "results.json")["figures"]
    assert figures["adapted"]["all"]["lines"] == 24
    assert set(figures["adapted"]["by_manuscript"]) == {f"ms {number}" for number in range(4)}


def test_there_is_one_adapted_reader_per_fold(finished):
    assert len(list((finished / "readers").iterdir())) == 2


def test_a_repeated_run_reuses_everything_and_gives_the_same_results(finished, plan, real_lines, trained_blur, judge):
    before = (finished / "results.json").read_bytes()
    kept = {
        p: p.stat().st_mtime_ns for name in ("restored", "readers", "readings") for p in (finished / name).rglob("*")
    }
    benchmark(plan, real_lines, trained_blur, judge, finished)
    assert (finished / "results.json").read_bytes() == before
    assert {p: p.stat().st_mtime_ns for p in kept if p.is_file()} == {p: t for p, t in kept.items() if p.is_file()}


def test_the_recognizer_of_the_restorers_loss_may_not_judge_it(
    plan, real_lines, trained_blur, loss_recognizer, tmp_path
):
    with pytest.raises(ArtifactError, match="no part in the restorer's loss"):
        benchmark(plan, real_lines, trained_blur, loss_recognizer, tmp_path)
