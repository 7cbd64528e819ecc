from shutil import copytree

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError, TrainingFailed
from pulih.data.lines import read_lines
from pulih.evaluation.peers import methods
from pulih.evaluation.peers.benchmark import Inputs, run_benchmark
from pulih.evaluation.peers.config import Budget
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
    evaluator = inputs.readers["evaluator"]
    with pytest.raises(ArtifactError, match="took no part"):
        Inputs(inputs.lines, inputs.recognizer, inputs.recognizer)
    with pytest.raises(ArtifactError, match="'other', the recognizer"):
        Inputs(inputs.lines, inputs.recognizer, evaluator, {"other": inputs.recognizer})


def test_further_readers_read_the_same_trainings(output, small_benchmark, inputs, tmp_path, monkeypatch):
    """A reader with the evaluator's weights finds what the evaluator found; nothing is trained for it."""
    copytree(output, tmp_path, dirs_exist_ok=True)
    evaluator = inputs.readers["evaluator"]
    monkeypatch.setattr(methods.restorer_stage, "launch", lambda *_: pytest.fail("trained again"))
    both = Inputs(inputs.lines, inputs.recognizer, evaluator, {"same": evaluator})
    found = run_benchmark(small_benchmark, both, tmp_path)
    assert found["about"]["readers"] == {"same": inputs.digests["evaluator"]}
    assert found["readers"]["same"] == {name: found[name] for name in ("splits", "comparisons")}
    before = read_json(output / "results.json")
    assert found["splits"] == before["splits"]
    assert before["readers"] == {}
    assert "by 'same' on all lines" in (tmp_path / "results.md").read_text()


@pytest.fixture(scope="module")
def collapsing(small_benchmark):
    """Most pixels are paper, so an absolute distance alone soon paints nothing else; cross-entropy holds the ink."""
    restorer = small_benchmark.restorer
    weights = restorer.weights.model_copy(update={"pixel": 5.0, "bce": 50.0, "ssim": 0.0})
    optimizer = restorer.optimizer.model_copy(update={"generator_rate": 0.02, "ema_decay": 0.0})
    changed = restorer.model_copy(update={"weights": weights, "optimizer": optimizer})
    changes = {"methods": ("degraded", "pulih-no-bce", "pulih"), "seeds": (1,), "budget": Budget(steps=40)}
    return small_benchmark.model_copy(update={**changes, "restorer": changed})


def test_a_collapse_is_recorded_and_the_others_go_on(collapsing, inputs, tmp_path, monkeypatch):
    results = run_benchmark(collapsing, inputs, tmp_path)
    assert [(one["method"], one["seed"]) for one in results["failures"]] == [("pulih-no-bce", 1)]
    assert "white" in results["failures"][0]["reason"]
    assert set(results["splits"]["test_seen"]["methods"]) == {"degraded", "pulih", "clean"}
    assert list(results["trainings"]) == ["pulih"]
    for name in ("results.md", "results.tex"):
        assert "the generator collapsed" in (tmp_path / name).read_text()
    monkeypatch.setattr(methods.restorer_stage, "launch", lambda *_: pytest.fail("trained again"))
    assert run_benchmark(collapsing, inputs, tmp_path) == results


def test_without_ours_there_is_nothing_to_compare(collapsing, inputs, tmp_path):
    weights = collapsing.restorer.weights.model_copy(update={"bce": 0.0})
    restorer = collapsing.restorer.model_copy(update={"weights": weights})
    config = collapsing.model_copy(update={"methods": ("degraded", "pulih"), "restorer": restorer})
    for _ in range(2):
        with pytest.raises(TrainingFailed, match="pulih with seed 1, which all others are compared with"):
            run_benchmark(config, inputs, tmp_path)
