import shutil

import numpy as np
import pytest

from pulih.common.config import read_json
from pulih.common.errors import ConfigError
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.evaluation.benchmark.run import Request, run
from pulih.evaluation.binary import psnr
from pulih.evaluation.finetune.fold import Folds
from pulih.restorer.infer import Restorer


def folds(pages, initial, quick, output):
    return Folds(find_pairs(pages, Suffixes()), initial, quick, output)


def test_what_is_left_out_has_no_say_and_what_is_seen_has(pages, initial, quick, tmp_path):
    folder, sealed = folds(pages, initial, quick, tmp_path / "out").obtain("2009")
    assert sealed.config["pages"] == ["P2012_1", "P2012_2"]
    written = (folder / "model.safetensors").stat().st_mtime_ns
    shutil.copyfile(pages / "P2009_2_source.png", pages / "P2009_1_source.png")
    _, again = folds(pages, initial, quick, tmp_path / "out").obtain("2009")
    assert again.digest() == sealed.digest()
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    shutil.copyfile(pages / "P2012_2_source.png", pages / "P2012_1_source.png")
    with pytest.raises(ConfigError, match="another"):
        folds(pages, initial, quick, tmp_path / "out").obtain("2009")


def test_pages_of_one_group_cannot_be_left_out(pages, initial, quick, tmp_path):
    for path in pages.glob("P2012*"):
        path.unlink()
    with pytest.raises(ConfigError, match="two groups"):
        folds(pages, initial, quick, tmp_path)


def test_every_page_is_measured_by_the_restorer_that_did_not_see_it(pages, initial, quick, tmp_path):
    request = Request(pages, tmp_path / "out", initial, finetune=quick, threads=1)
    results = run(request, BenchmarkConfig(resamples=100), ())
    assert [fold["left_out"] for fold in results["folds"]] == ["2009", "2012"]
    assert results == read_json(tmp_path / "out" / "results.json")
    tuned = [page for page in results["pages"] if page["method"] == "pulih_finetuned"]
    assert len(tuned) == 4
    assert all(1 <= fold["level"] <= 255 for fold in results["folds"])
    for group in ("2009", "2012"):
        assert {"pulih", "pulih_finetuned", "sauvola"} <= set(results["groups"][group]["methods"])
    assert results["groups"]["2009"]["difference"]["of"] == "pulih_finetuned"
    assert "fine-tuned" in (tmp_path / "out" / "results.md").read_text()


def test_a_group_is_cut_where_it_suits_the_others_each_restored_by_the_fold_that_did_not_see_it(
    pages, initial, quick, tmp_path
):
    made = folds(pages, initial, quick, tmp_path / "out")
    restorers = {group: Restorer.load(made.obtain(group)[0], threads=1) for group in made.groups}
    cuts, means, restorer = made.cuts(restorers), {}, restorers["2012"]
    for doubt in quick.doubts:
        restorer.keep_unsure = doubt
        seen = [read_pair(pair) for pair in made.pairs if pair.group == "2012"]
        answers = [(restorer.restore_page(page).luminance, truth) for page, truth in seen]
        for level in range(1, 256):
            means[level, doubt] = np.mean([psnr(truth, answer < level) for answer, truth in answers])
    assert np.isclose(means[cuts["2009"].level, cuts["2009"].keep_unsure], max(means.values()))


def test_fine_tuning_needs_a_restorer(pages, quick, tmp_path):
    with pytest.raises(ConfigError, match="restorer"):
        run(Request(pages, tmp_path / "out", finetune=quick), BenchmarkConfig(resamples=100), ())
