"""Restoring files from the command line."""

import io

import numpy as np
import pytest
from PIL import Image

from pulih.stores.paths import publish


@pytest.fixture
def scan(tmp_path):
    random = np.random.default_rng(3)
    page = np.full((240, 320, 3), (228, 214, 186), np.uint8)
    for top in range(30, 220, 40):
        for left in range(20, 290, 18):
            page[top : top + random.integers(8, 18), left : left + 7] = (60, 45, 40)
    path = tmp_path / "scan.png"
    Image.fromarray(page).save(path)
    return path


def test_a_scan_is_restored_beside_itself_in_its_size(pulih, scan, blur_restorer):
    code, out, err = pulih("restore", scan, "--restorer", blur_restorer, "--comparison")
    assert code == 0, err
    assert str(scan.with_name("scan.restored.png")) in out
    assert Image.open(scan.with_name("scan.restored.png")).size == Image.open(scan).size
    assert len(list(scan.parent.glob("*comparison*"))) == 1


def test_a_bad_file_is_named_and_does_not_stop_the_others(pulih, scan, blur_restorer, tmp_path):
    (tmp_path / "broken.png").write_text("this is no image")
    code, _, err = pulih(
        *("restore", tmp_path / "broken.png", tmp_path / "missing.png", scan),
        *("--restorer", blur_restorer, "--output", tmp_path / "answers"),
    )
    assert code == 2
    assert "broken.png" in err
    assert "missing.png" in err
    assert "found 2 that cannot" in err
    assert [path.name for path in (tmp_path / "answers").iterdir()] == ["scan.restored.png"]


def test_paper_is_kept_or_made_white(pulih, scan, blur_restorer, tmp_path):
    corners = {}
    for paper in ("keep", "white"):
        pulih("restore", scan, "--restorer", blur_restorer, "--output", tmp_path / paper, "--paper", paper)
        corners[paper] = np.asarray(Image.open(tmp_path / paper / "scan.restored.png"))[2, 2].astype(int)
    # The paper is yellowish: more red than blue.
    assert corners["keep"][0] - corners["keep"][2] > 25
    assert np.ptp(corners["white"]) < 6


def test_without_an_artifact_the_next_step_is_told(pulih, scan, tmp_path):
    code, _, err = pulih("restore", scan, "--restorer", tmp_path / "nothing")
    assert code == 2
    assert "Run the stage that makes it" in err


def test_scans_model_and_answers_may_all_be_in_the_store(pulih, place, store, blur_restorer):
    page = np.full((120, 160, 3), (228, 214, 186), np.uint8)
    page[40:60:4, 20:140] = (60, 45, 40)
    for name in ("1.png", "2.png"):
        content = io.BytesIO()
        Image.fromarray(page).save(content, "PNG")
        store.write(content.getvalue(), place / "scans" / name)
    publish(blur_restorer, str(place / "model"))
    code, out, err = pulih("restore", place / "scans", "--restorer", place / "model", "--output", place / "answers")
    assert code == 0, err
    for name in ("1.restored.png", "2.restored.png"):
        assert str(place / "answers" / name) in out
        answer = Image.open(io.BytesIO(store.read(place / "answers" / name)))
        assert answer.size == (160, 120)


def test_answers_to_scans_from_the_store_need_a_place(pulih, place):
    code, _, err = pulih("restore", place / "scans")
    assert code == 2
    assert "--output" in err
