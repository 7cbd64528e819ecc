import re
import shutil

import pytest
from PIL import Image
from typer.testing import CliRunner

from pulih.cli import app
from pulih.common.config import read_json
from pulih.common.files import write_json
from pulih.research.report.document import write_report


@pytest.fixture(scope="module")
def output(comparison, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    write_report([comparison], folder)
    return folder


def test_the_text_states_every_claim_and_names_what_is_not_shown(output):
    claims = read_json(output / "claims.json")["claims"]
    text = (output / "claims.md").read_text()
    assert len(re.findall(r"^- On ", text, re.MULTILINE)) == len(claims)
    assert "pulih against twin: no effect on PSNR is shown" in text
    weak = next(c for c in claims if (c["other"], c["metric"]) == ("weak", "psnr"))
    low, high = (f"{weak['difference'][name]:+.2f}" for name in ("low", "high"))
    assert f"[{low}, {high}]" in text
    assert f"[{low}, {high}]" in (output / "tables.tex").read_text()


def test_a_method_whose_training_failed_is_named_with_the_reason(comparison, tmp_path):
    folder = shutil.copytree(comparison, tmp_path / "toy")
    results = read_json(folder / "results.json")
    failure = {"method": "pulih-no-bce", "seed": 2, "reason": "white pages up to step 90"}
    write_json(folder / "results.json", results | {"failures": [failure]})
    write_report([folder], tmp_path / "paper")
    for name in ("claims.md", "claims.tex"):
        text = (tmp_path / "paper" / name).read_text()
        assert "pulih-no-bce: nothing is claimed" in text
        assert "seed 2 was stopped: white pages up to step 90." in text
    assert read_json(tmp_path / "paper" / "claims.json")["runs"]["toy"]["failures"] == [failure]


def test_latex_escapes_what_it_would_not_show(output):
    for name in ("tables.tex", "claims.tex"):
        assert not re.search(r"(?<!\\)[%_#]", (output / name).read_text())


def test_figures_are_there_as_pdf_and_png(output):
    names = read_json(output / "claims.json")["figures"]
    assert {name.rpartition(".")[2] for name in names} == {"pdf", "png"}
    for name in names:
        path = output / "figures" / name
        if name.endswith(".png"):
            assert Image.open(path).format == "PNG"
        else:
            assert path.read_bytes().startswith(b"%PDF")


def test_the_same_runs_give_the_same_bytes(output, comparison, tmp_path):
    write_report([comparison], tmp_path)
    for path in output.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(output)).read_bytes(), path.name


def test_the_command_counts_what_is_shown(comparison, tmp_path):
    result = CliRunner().invoke(app, ["research", "report", str(comparison), "--output", str(tmp_path / "paper")])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("18 comparisons, ")
