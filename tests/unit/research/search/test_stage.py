import io

import pytest
from PIL import Image

from pulih.common.config import build_config, read_json
from pulih.common.errors import ArtifactError
from pulih.common.settings import Settings
from pulih.common.version import git_commit
from pulih.research.results import render
from pulih.research.search import stage
from pulih.restorer.config import RestorerConfig
from pulih.stores.tracking import tracking_uri


def test_a_search_trains_logs_every_trial_once_and_goes_on(
    small_search, tiny_lines, reader_folder, own_registry, tmp_path
):
    from mlflow import MlflowClient

    output = tmp_path / "search"
    stage.search(small_search, tiny_lines, reader_folder, 2, output)
    found = stage.search(small_search, tiny_lines, reader_folder, 3, output)
    assert found == read_json(output / "results.json")
    assert len(found["trials"]) == 3
    assert found["about"]["commit"] == git_commit()
    assert found["trials"][0]["values"]["weights.bce"] == 0.5
    assert all(set(trial["curve"]) <= {"2", "4"} for trial in found["trials"])
    client = MlflowClient(tracking_uri(Settings()))
    experiment = client.get_experiment_by_name("pulih-search")
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.info.run_name for run in runs) == ["trial-0000", "trial-0001", "trial-0002"]
    assert all("psnr_validation" in run.data.metrics for run in runs)
    assert Image.open(io.BytesIO((output / "importance.png").read_bytes())).format == "PNG"
    best = build_config(RestorerConfig, read_json(output / "best.json")["restorer"])
    assert best.weights.bce == found["best"]["values"]["weights.bce"]
    assert "| 0 | complete |" in (output / "results.md").read_text()


def test_the_best_and_the_base_are_trained_again_with_other_seeds(
    small_search, tiny_lines, reader_folder, own_registry, tmp_path
):
    base = small_search.restorer.optimizer.model_copy(update={"generator_rate": 0.0006})
    config = small_search.model_copy(
        update={"restorer": small_search.restorer.model_copy(update={"optimizer": base}), "startup_trials": 9}
    )
    stage.search(config, tiny_lines, reader_folder, 4, tmp_path, seeds=1)
    found = stage.search(config, tiny_lines, reader_folder, 4, tmp_path, seeds=2)
    again = {(one["trial"], one["seed"]): one["psnr"] for one in found["confirmations"]}
    best = found["best"]["number"]
    assert best != 0
    assert list(again) == [(0, 2), (best, 2), (0, 3), (best, 3)]
    assert again[(0, 2)] != again[(0, 3)]
    text = (tmp_path / "results.md").read_text()
    assert f"seeds 2, 3: trial 0: {again[(0, 2)]:.2f}, {again[(0, 3)]:.2f} dB; trial {best}: " in text
    assert "made by `pulih research search` at commit" in render([tmp_path / "results.json"])


def test_lines_are_no_recognizer(small_search, tiny_lines, tmp_path):
    with pytest.raises(ArtifactError, match="recognizer"):
        stage.search(small_search, tiny_lines, tiny_lines, 1, tmp_path)
