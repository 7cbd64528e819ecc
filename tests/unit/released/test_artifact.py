import shutil

import numpy as np
import pytest

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError
from pulih.common.files import write_json
from pulih.data.manifest import read_manifest, write_manifest
from pulih.released import artifact
from pulih.released.artifact import SHIPPED, release, released_figures, released_restorer
from pulih.restorer.infer import Restorer

FIGURES = {"schema": 1, "about": {}, "test_seen": {"all": 1}, "test_unseen": {"all": 2}}


@pytest.fixture
def run(tmp_path, blur_restorer):
    """A finished run: a restorer and its evaluation."""
    folder = tmp_path / "run"
    shutil.copytree(blur_restorer, folder / "restorer")
    (folder / "evaluation").mkdir()
    write_json(folder / "evaluation" / "metrics.json", FIGURES)
    write_manifest(folder / "evaluation", "evaluation", StageConfig(), {"restorer": folder / "restorer"}, {})
    return folder


def test_released_model_runs_and_names_the_training_it_comes_from(run, tmp_path):
    release(run, tmp_path / "released")
    folder = released_restorer(tmp_path / "released")
    line = np.full((64, 96), 200, np.uint8)
    answers = [Restorer.load(place).restore_line(line) for place in (folder, run / "restorer")]
    assert np.array_equal(*answers)
    assert read_manifest(folder).facts["trained_as"] == read_manifest(run / "restorer").digest()
    assert released_figures(tmp_path / "released") == {"about": {}, "test_seen": {"all": 1}, "test_unseen": {"all": 2}}


def test_history_of_the_training_is_left_out(run, tmp_path):
    (run / "restorer" / "strips").mkdir()
    (run / "restorer" / "strips" / "step-1.png").write_bytes(b"picture")
    write_manifest(run / "restorer", "restorer", StageConfig(), {}, {})
    write_manifest(run / "evaluation", "evaluation", StageConfig(), {"restorer": run / "restorer"}, {})
    release(run, tmp_path / "released")
    assert {path.name for path in (tmp_path / "released/restorer").rglob("*")} <= {*SHIPPED, "manifest.json"}


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
