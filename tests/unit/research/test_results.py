from pathlib import Path

import pytest
from typer.testing import CliRunner

from pulih.cli import app
from pulih.common.errors import InputError
from pulih.common.files import write_json
from pulih.research.results import render

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_page_in_docs_is_what_the_stored_files_give():
    assert (DOCS / "results.md").read_text() == render(list((DOCS / "results").glob("*.json")))


def test_a_changed_number_in_a_stored_file_changes_the_page(tmp_path):
    values = {
        "about": {"config": {"seed": 4}, "machine": "m", "parameters": {}, "restorer": None, "missing": []},
        "quality": [], "memory": [],
        "timings": [],
    }  # fmt: skip
    pages = []
    for scale in (0.25, 0.5):
        values["about"]["page_scale"] = scale
        write_json(tmp_path / "speed.json", values)
        result = CliRunner().invoke(
            app, ["research", "results", str(tmp_path / "speed.json"), "--output", str(tmp_path / "page.md")]
        )
        assert result.exit_code == 0, result.output
        pages.append((tmp_path / "page.md").read_text())
    assert "at 0.25 of its size" in pages[0]
    assert "at 0.50 of its size" in pages[1]
    assert "seed 4" in pages[0]


def test_a_file_of_no_known_kind_is_refused_by_name(tmp_path):
    write_json(tmp_path / "other.json", {"something": 1})
    with pytest.raises(InputError, match=r"other\.json"):
        render([tmp_path / "other.json"])
