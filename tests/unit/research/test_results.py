from pathlib import Path

import pytest
from typer.testing import CliRunner

from pulih.cli import app
from pulih.common.config import read_json
from pulih.common.errors import InputError
from pulih.common.files import write_json
from pulih.research.report.document import write_report
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


def test_stored_claims_become_the_sentences_of_the_report(comparison, tmp_path):
    write_report([comparison], tmp_path)
    sentences = [line for line in (tmp_path / "claims.md").read_text().splitlines() if line.startswith("- On ")]
    page = render([tmp_path / "claims.json"]).splitlines()
    assert set(sentences) == {line for line in page if line.startswith("- On ")}


def test_an_evaluation_becomes_rows_of_each_split_group_and_image(tmp_path):
    estimate = {"mean": 0.25, "low": 0.2, "high": 0.3}
    method = dict.fromkeys(("psnr", "ssim", "cer"), estimate)
    group = {"lines": 7, "degraded": method, "restored": method, "selected": method, "clean": method}
    splits = {split: {"all": group} for split in ("test_seen", "test_unseen")}
    about = {"restorer": "r", "recognizer": "j", "lines": "l"}
    write_json(tmp_path / "metrics.json", {"about": about, **splits})
    page = render([tmp_path / "metrics.json"])
    assert "| test_unseen | all | 7 | restored | 0.25 [0.20, 0.30] | 0.250 [0.200, 0.300] | 25.0 [20.0, 30.0] |" in page
    assert page.count("| all | 7 |") == 8


def test_a_fine_tuning_says_its_budget():
    page = render([DOCS / "results" / "dibco-lines-only.json"])
    settings = read_json(DOCS / "results" / "dibco-lines-only.json")["finetune"]
    assert f"Fine-tuned: {settings['steps']} steps of {settings['batch_size']} patches" in page
