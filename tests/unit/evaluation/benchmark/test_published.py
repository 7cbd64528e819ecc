from pathlib import Path

import pytest

from pulih.common.errors import InputError
from pulih.evaluation.benchmark.published import read_published

SHIPPED = Path(__file__).resolve().parents[4] / "benchmarks" / "published" / "dibco.json"


def test_every_shipped_row_names_its_source_and_stands_once():
    rows = read_published(SHIPPED)
    assert all(len(row.source) > 10 for row in rows)
    assert len({(row.group, row.method) for row in rows}) == len(rows)


def test_better_psnr_goes_with_less_distortion_in_every_year():
    by_year = {}
    for row in read_published(SHIPPED):
        if row.psnr is not None and row.drd is not None:
            by_year.setdefault(row.group, []).append(row)
    for rows in by_year.values():
        best, worst = max(rows, key=lambda row: row.psnr), min(rows, key=lambda row: row.psnr)
        assert best.drd <= worst.drd


def test_an_unknown_column_is_refused(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('{"about": "x", "rows": [{"group": "2012", "method": "m", "source": "s", "f1": 3}]}')
    with pytest.raises(InputError, match="f1"):
        read_published(path)
