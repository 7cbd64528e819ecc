import json

import pytest
from PIL import Image

from pulih.common.errors import ConfigError
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.level import choose_cut
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs
from pulih.evaluation.benchmark.published import PublishedRow
from pulih.evaluation.benchmark.run import Request, run
from pulih.restorer.infer import Restorer

CONFIG = BenchmarkConfig(resamples=200)
PUBLISHED = (PublishedRow(group="2012", method="Otsu", fm=80.18, source="a paper"),)


def test_a_run_writes_every_form_of_its_results(pages, blur_restorer, tmp_path):
    output = tmp_path / "results"
    results = run(Request(pages, output, blur_restorer, threads=1), CONFIG, PUBLISHED)
    assert json.loads((output / "results.json").read_text()) == results
    assert "Otsu (published)" in (output / "results.md").read_text()
    assert (output / "results.tex").read_text().startswith(r"\begin{tabular}")
    for name in ("results.png", "contact_sheet.png"):
        with Image.open(output / name) as picture:
            assert picture.width > 600
    assert len(results["pages"]) == 5 * 6
    assert results["groups"]["all pages"]["difference"]["minus"] == "sauvola"


def test_without_a_restorer_the_classical_methods_are_measured(pages, tmp_path):
    results = run(Request(pages, tmp_path / "results"), CONFIG, ())
    assert results["model"] is None
    assert set(results["groups"]["2009"]["methods"]) == {"otsu", "sauvola", "wolf", "background_division"}


def test_the_same_request_gives_the_same_results(pages, tmp_path):
    first = run(Request(pages, tmp_path / "a"), CONFIG, ())
    assert run(Request(pages, tmp_path / "b"), CONFIG, ()) == first


def test_levels_are_chosen_on_other_pages_never_on_measured_ones(pages, blur_restorer, tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    for path in pages.rglob("*2009*"):
        path.rename(others / path.name)
    results = run(Request(pages, tmp_path / "results", blur_restorer, calibration=(others,), threads=1), CONFIG, ())
    restorer = Restorer.load(blur_restorer, threads=1)
    chosen = choose_cut(restorer, find_pairs(others, Suffixes()), (restorer.keep_unsure,)).level
    assert results["levels"] == {"pulih": chosen} != {"pulih": CONFIG.threshold}
    with pytest.raises(ConfigError, match="measured"):
        run(Request(pages, tmp_path / "again", blur_restorer, calibration=(others, pages)), CONFIG, ())


def test_a_foreign_artifact_is_refused_before_any_work(pages, tmp_path):
    from pulih.common.errors import ArtifactError

    with pytest.raises(ArtifactError):
        run(Request(pages, tmp_path / "results", tmp_path), CONFIG, ())
    assert not (tmp_path / "results").exists()
