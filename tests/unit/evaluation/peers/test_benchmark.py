import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.data.lines import read_lines
from pulih.evaluation.peers import methods
from pulih.evaluation.peers.benchmark import Inputs, run_benchmark
from pulih.evaluation.peers.stage import PeerRestorer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def output(small_benchmark, inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    run_benchmark(small_benchmark, inputs, folder)
    return folder


def test_every_method_is_measured_on_every_line_with_every_seed(output, inputs):
    rows = pd.read_parquet(output / "lines.parquet")
    lines = len(read_lines(inputs.lines, "test_seen"))
    counts = rows[rows["split"] == "test_seen"].groupby("method").size().to_dict()
    assert counts == {"degraded": lines, "otsu": lines, "erb": 2 * lines, "pulih": 2 * lines, "clean": lines}


def test_a_peers_figure_equals_an_independent_computation(output, inputs):
    samples = read_lines(inputs.lines, "test_unseen")
    wanted = []
    for seed in (1, 2):
        restorer = PeerRestorer.load(output / "methods" / f"erb-seed{seed}", 1)
        restored = restorer.restore_lines([s.degraded for s in samples])
        wanted += [peak_signal_noise_ratio(s.clean, r) for s, r in zip(samples, restored, strict=True)]
    found = read_json(output / "results.json")["splits"]["test_unseen"]["methods"]["erb"]["psnr"]
    assert found["mean"] == pytest.approx(np.mean(wanted), abs=1e-6)
    assert found["low"] <= found["mean"] <= found["high"]


def test_results_name_inputs_costs_and_every_comparison(output, inputs, small_benchmark):
    results = read_json(output / "results.json")
    assert results["about"]["lines"] == inputs.digests["lines"]
    assert {(c["peer"], c["metric"]) for c in results["comparisons"]} == {
        (peer, metric) for peer in ("degraded", "otsu", "erb") for metric in ("psnr", "ssim", "cer")
    }
    for name in ("erb", "pulih"):
        assert [one["steps"] for one in results["trainings"][name]] == [6, 6]
        assert all(one["cpu_seconds"] > 0 for one in results["trainings"][name])
    assert results["splits"]["test_seen"]["per_seed"]["erb"]["psnr"]["standard_deviation"] is not None


def test_tables_and_pictures_stand_beside_the_figures(output):
    results = read_json(output / "results.json")
    shown = f"{results['splits']['test_seen']['methods']['erb']['psnr']['mean']:.2f} ["
    assert shown in (output / "results.md").read_text()
    assert shown in (output / "results.tex").read_text()
    assert {Image.open(output / name).format for name in ("results.png", "strips.png")} == {"PNG"}


def test_a_second_run_trains_nothing_and_finds_the_same(output, small_benchmark, inputs, monkeypatch):
    before = (output / "results.json").read_bytes()
    monkeypatch.setattr(methods.restorer_stage, "launch", lambda *_: pytest.fail("trained again"))
    run_benchmark(small_benchmark, inputs, output)
    assert (output / "results.json").read_bytes() == before


def test_the_recognizer_of_the_losses_may_not_judge(inputs):
    with pytest.raises(ArtifactError, match="took no part"):
        Inputs(inputs.lines, inputs.recognizer, inputs.recognizer)
