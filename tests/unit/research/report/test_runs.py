import pandas as pd
import pytest

from pulih.common.errors import InputError
from pulih.common.files import write_json
from pulih.evaluation.significance import Bootstrap
from pulih.research.report.claims import claims_of
from pulih.research.report.document import write_report
from pulih.research.report.runs import read_run, read_runs


def test_a_folder_without_a_comparison_is_refused_with_the_next_step(tmp_path):
    with pytest.raises(InputError, match="make benchmark-restoration"):
        read_run(tmp_path)


def test_rows_without_a_needed_column_are_refused_by_its_name(tmp_path, comparison):
    rows = pd.read_parquet(comparison / "lines.parquet").drop(columns="font")
    rows.to_parquet(tmp_path / "lines.parquet")
    write_json(tmp_path / "results.json", {"about": {}, "splits": {}})
    with pytest.raises(InputError, match="no font"):
        read_run(tmp_path)


def test_two_runs_of_one_name_are_refused(comparison):
    with pytest.raises(InputError, match="different names"):
        read_runs([comparison, comparison])


@pytest.fixture
def reading(tmp_path):
    """A reading benchmark of 12 lines by three writers, in which restoration as a line spares two errors per line."""
    rows = [
        {
            **{"reader": reader, "method": method, "sha256": f"{n:02d}", "writer": f"w{n % 3}", "characters": 20},
            **{"substitutions": 5 - 2 * (method == "line") + n % 3, "deletions": 1, "insertions": 0},
            **{"words": 4, "word_errors": 2},
        }
        for reader in ("zero_shot", "adapted")
        for method in ("original", "line", "page")
        for n in range(12)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "per_line.parquet")
    write_json(tmp_path / "results.json", {"about": {}, "config": {"seed": 4, "resamples": 500, "level": 0.9}})
    return tmp_path


def test_real_lines_are_compared_with_the_scan_for_each_way_of_restoring_and_reader(reading):
    runs = read_run(reading)
    claims = {(claim.ours, claim.split, claim.metric): claim for claim in claims_of(runs)}
    assert {run.unit for run in runs} == {"writers"}
    assert len(claims) == 2 * 2 * 4
    gained = claims[("line", "adapted", "cer")]
    assert gained.difference.mean == pytest.approx(-2 / 20)
    assert claims[("page", "adapted", "cer")].difference.mean == 0
    draws = Bootstrap([f"w{n % 3}" for n in range(12)], 4, 500, 0.9)
    assert gained.difference == draws.difference(
        [4 + n % 3 for n in range(12)], [6 + n % 3 for n in range(12)], [20] * 12
    )


def test_a_report_of_real_lines_has_its_figures_and_says_who_read(reading, tmp_path_factory):
    output = tmp_path_factory.mktemp("paper")
    write_report([reading], output)
    assert "real lines, recognizer adapted to other hands, line against degraded" in (output / "claims.md").read_text()
    assert len(list((output / "figures").glob("*.pdf"))) == 8
