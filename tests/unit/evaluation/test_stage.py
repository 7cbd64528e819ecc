import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter

from pulih.common.config import StageConfig, read_json
from pulih.common.errors import ArtifactError
from pulih.data.lines import read_lines
from pulih.data.manifest import read_manifest, verify, write_manifest
from pulih.evaluation.measure import METHODS
from pulih.evaluation.stage import evaluate


class Addresses(HTMLParser):
    """Collects what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.all = []

    def handle_starttag(self, tag, attrs):
        self.all += [
            value for name, value in attrs if name in {"src", "href", "srcset", "xlink:href", "action", "data"}
        ]


@pytest.fixture(scope="module")
def evaluated(tiny_lines, trained_blur, judge, config, tmp_path_factory):
    output = tmp_path_factory.mktemp("evaluated") / "evaluation"
    evaluate(config, tiny_lines, trained_blur, judge, output)
    return output


def test_artifact_is_sealed_with_its_parents_and_headline_figures(evaluated, tiny_lines, trained_blur, judge):
    made = verify(evaluated, "evaluation")
    parents = {"lines": tiny_lines, "restorer": trained_blur, "recognizer": judge}
    assert made.parents == {name: read_manifest(path).digest() for name, path in parents.items()}
    metrics = read_json(evaluated / "metrics.json")
    assert made.facts["test_unseen_psnr"] == metrics["test_unseen"]["all"]["restored"]["psnr"]["mean"]
    assert metrics["about"]["held_out"] is True
    assert metrics["about"]["recognizer"] == parents_digest(judge)


def parents_digest(folder):
    return read_manifest(folder).digest()


@pytest.mark.parametrize("split", ["test_seen", "test_unseen"])
def test_restored_figures_equal_an_independent_computation(evaluated, tiny_lines, split):
    """The restorer is a 3 x 3 mean over the line padded with paper: SciPy computes the same."""
    values = []
    for sample in read_lines(tiny_lines, split):
        height, width = sample.degraded.shape
        padded = np.pad(sample.degraded / 255, ((0, 0), (0, -width % 32)), constant_values=1.0)
        blurred = uniform_filter(padded, 3, mode="nearest")[:height, :width]
        error = np.mean((np.rint(blurred * 255) - sample.clean.astype(float)) ** 2)
        values.append(10 * np.log10(255**2 / error))
    found = read_json(evaluated / "metrics.json")[split]["all"]
    assert found["restored"]["psnr"]["mean"] == pytest.approx(np.mean(values), abs=0.01)
    assert found["lines"] == len(values)


def test_rows_and_tree_agree(evaluated):
    rows = pd.read_parquet(evaluated / "per_line.parquet")
    tree = read_json(evaluated / "metrics.json")
    part = rows[(rows["split"] == "test_seen") & (rows["method"] == "degraded")]
    errors = part["substitutions"] + part["deletions"] + part["insertions"]
    assert tree["test_seen"]["all"]["degraded"]["cer"]["mean"] == pytest.approx(errors.sum() / part["characters"].sum())
    assert tree["test_seen"]["all"]["clean"]["psnr"]["mean"] == 100
    estimates = [tree["test_unseen"]["all"][method]["ssim"] for method in METHODS]
    assert all(e["low"] <= e["mean"] <= e["high"] for e in estimates)


def test_strips_show_worst_median_and_best_of_both_splits(evaluated):
    names = sorted(path.name for path in (evaluated / "strips").iterdir())
    assert len(names) == 2 * 3 * 2
    assert "test_unseen_00_worst.png" in names
    assert "test_seen_05_best.png" in names
    assert {Image.open(evaluated / "strips" / name).mode for name in names} == {"L"}


def test_report_needs_no_network_and_shows_what_the_tree_says(evaluated):
    page = (evaluated / "report.html").read_text()
    metrics = read_json(evaluated / "metrics.json")
    found = Addresses()
    found.feed(page)
    assert len(found.all) > 30
    assert [address for address in found.all if not address.startswith(("data:", "#"))] == []
    assert [address for address in re.findall(r"url\(([^)]*)\)", page) if not address.startswith("#")] == []
    assert "@import" not in page
    assert f"{metrics['test_unseen']['all']['restored']['psnr']['mean']:.1f} dB" in page
    assert page.count('type="range"') == 12
    assert page.count("<svg") == 3
    for method in ("Sauvola threshold", "background division", "all-white page", "restored by Pulih"):
        assert method in page


def test_same_inputs_give_the_same_bytes(evaluated, tiny_lines, trained_blur, judge, config, tmp_path):
    again = evaluate(config, tiny_lines, trained_blur, judge, tmp_path / "again")
    assert again.files == read_manifest(evaluated).files


def test_the_recognizer_of_the_loss_may_not_judge(tiny_lines, trained_blur, loss_recognizer, config, tmp_path):
    with pytest.raises(ArtifactError, match="took no part in the restorer's loss"):
        evaluate(config, tiny_lines, trained_blur, loss_recognizer, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_altered_restorer_is_refused(tiny_lines, trained_blur, judge, config, tmp_path):
    altered = tmp_path / "altered"
    shutil.copytree(trained_blur, altered)
    (altered / "model.onnx").write_bytes((altered / "model.onnx").read_bytes() + b"x")
    with pytest.raises(ArtifactError, match=r"model\.onnx.*altered"):
        evaluate(config, tiny_lines, altered, judge, tmp_path / "out")


def test_lines_the_restorer_was_not_made_from_are_marked(tiny_lines, trained_blur, judge, config, tmp_path, caplog):
    other = tmp_path / "other"
    shutil.copytree(trained_blur, other)
    write_manifest(other, "restorer", StageConfig(), {"lines": trained_blur}, {})
    evaluate(config, tiny_lines, other, judge, tmp_path / "out")
    assert read_json(tmp_path / "out" / "metrics.json")["about"]["held_out"] is False
    assert "held out" in caplog.text
    assert "not held out" in (tmp_path / "out" / "report.html").read_text()
