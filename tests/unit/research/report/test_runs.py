import pandas as pd
import pytest

from pulih.common.errors import InputError
from pulih.common.files import write_json
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
