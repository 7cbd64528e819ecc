import shutil

import numpy as np
import pytest

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError
from pulih.common.files import write_json
from pulih.data.manifest import read_manifest, write_manifest
from pulih.released import artifact
from pulih.released.artifact import SHIPPED, release, released_figures, released_restorer, render_card
from pulih.restorer.config import RestorerConfig, ScheduleConfig
from pulih.restorer.infer import Restorer

ESTIMATES = {name: {"mean": 0.25, "low": 0.2, "high": 0.3} for name in ("psnr", "ssim", "cer")}
GROUP = {"lines": 7, "resampled_by": "font"} | dict.fromkeys(("degraded", "restored", "selected"), ESTIMATES)
SHOWN = {"about": {"recognizer": "cafe"}, "test_seen": {"all": GROUP}, "test_unseen": {"all": GROUP, "heavy": GROUP}}
FIGURES = {"schema": 1, **SHOWN}
FACTS = {"parameters": {"generator": 1234567}, "steps": 100, "best_step": 90}


def seal(run):
    """Seal the restorer of a run, whatever lies in its folder, and an evaluation of it."""
    config = RestorerConfig(schedule=ScheduleConfig(steps=FACTS["steps"]))
    write_manifest(run / "restorer", "restorer", config, {"lines": run / "lines"}, FACTS)
    write_manifest(run / "evaluation", "evaluation", StageConfig(), {"restorer": run / "restorer"}, {})


@pytest.fixture
def run(tmp_path, blur_restorer):
    """A finished run: a restorer and its evaluation."""
    folder = tmp_path / "run"
    shutil.copytree(blur_restorer, folder / "restorer")
    (folder / "lines").mkdir()
    write_manifest(folder / "lines", "lines", StageConfig(), {}, {})
    (folder / "evaluation").mkdir()
    write_json(folder / "evaluation" / "metrics.json", FIGURES)
    seal(folder)
    return folder


def test_released_model_runs_and_names_the_training_it_comes_from(run, tmp_path):
    release(run, tmp_path / "released")
    folder = released_restorer(tmp_path / "released")
    line = np.full((64, 96), 200, np.uint8)
    answers = [Restorer.load(place).restore_line(line) for place in (folder, run / "restorer")]
    assert np.array_equal(*answers)
    assert read_manifest(folder).facts["trained_as"] == read_manifest(run / "restorer").digest()
    assert released_figures(tmp_path / "released") == SHOWN


def test_history_of_the_training_is_left_out(run, tmp_path):
    (run / "restorer" / "strips").mkdir()
    (run / "restorer" / "strips" / "step-1.png").write_bytes(b"picture")
    seal(run)
    release(run, tmp_path / "released")
    assert {path.name for path in (tmp_path / "released/restorer").rglob("*")} <= {*SHIPPED, "manifest.json"}


def test_the_card_has_budget_data_and_every_figure_with_its_interval(run, tmp_path):
    release(run, tmp_path / "released")
    card = (tmp_path / "released" / "MODEL_CARD.md").read_text()
    assert "1,234,567 parameters. 100 steps, 75 of them on 4 crops each and 25 on 4\nwhole lines each" in card
    assert f"(artifact {read_manifest(run / 'lines').digest()})" in card
    row = "restored | 0.2 [0.2, 0.3] | 0.250 [0.200, 0.300] | 25.0 [20.0, 30.0] |"
    assert f"| never seen | heavy third | 7 | {row}" in card
    assert card.count(row) == 3
    assert render_card(tmp_path / "released") == card


def test_the_card_of_the_shipped_model_is_that_of_its_files():
    assert (artifact.HERE / "MODEL_CARD.md").read_text() == render_card()


def test_release_replaces_the_former_one(run, tmp_path):
    (tmp_path / "released" / "restorer").mkdir(parents=True)
    (tmp_path / "released" / "restorer" / "old.txt").write_text("old")
    release(run, tmp_path / "released")
    assert not (tmp_path / "released" / "restorer" / "old.txt").exists()


def test_evaluation_of_another_restorer_is_refused(run, tmp_path):
    write_json(run / "restorer" / "config.json", {"height": 64, "keep_unsure": 0.5})
    write_manifest(run / "restorer", "restorer", StageConfig(), {}, {"other": 1})
    with pytest.raises(ArtifactError, match="an evaluation of the restorer"):
        release(run, tmp_path / "released")
    assert not (tmp_path / "released").exists()


def test_model_too_large_for_the_repository_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(artifact, "LARGEST", 10)
    with pytest.raises(ArtifactError, match="at most 10 bytes"):
        release(run, tmp_path / "released")


def test_altered_model_is_refused(run, tmp_path):
    release(run, tmp_path / "released")
    (tmp_path / "released" / "restorer" / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match="altered"):
        released_restorer(tmp_path / "released")


def test_copy_without_a_model_says_so(tmp_path):
    with pytest.raises(ArtifactError, match=r"no manifest\.json"):
        released_restorer(tmp_path)
    with pytest.raises(ArtifactError, match="no such file"):
        released_figures(tmp_path)
