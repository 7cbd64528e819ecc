"""A whole archive in parts: KFP's local runner restores it as `pulih batch` does."""

import json

import cv2
import numpy as np
import pytest
import yaml

from pipelines.batch import batch
from pipelines.compile import COMPILED
from pipelines.kfp_local import run_pipeline
from pipelines.observer import StageObserver


@pytest.fixture
def scans(tmp_path):
    """Five small pages and a file that is no image."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(5):
        page = np.full((200, 320, 3), (180, 210, 225), np.uint8)
        for base in range(40, 190, 40):
            cv2.putText(page, f"on the river {number}", (20, base), cv2.FONT_HERSHEY_COMPLEX, 0.75, (30, 60, 95), 2)
        cv2.imwrite(str(folder / f"{number}.png"), page)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more of it")
    return folder


@pytest.mark.slow
def test_parts_are_restored_side_by_side_and_told_of_together(scans, blur_restorer, tmp_path):
    output = tmp_path / "out"
    settings = {"workers": 1, "page": {"harm": {"min_confidence": 0.05}}}
    archive = {"input": str(scans), "output": str(output), "restorer": str(blur_restorer), "parts": 2}
    arguments = {"archive": archive | {"batch": settings}, "code_version": "1"}
    root = tmp_path / "kfp"
    artifacts = run_pipeline(batch, arguments, root, tmp_path / "log", StageObserver([], lambda: None))
    assert sorted(path.name for path in output.glob("*.png")) == [f"{number}.png" for number in range(5)]
    summary = json.loads((output / "_batch" / "summary.json").read_text())
    assert [summary[name] for name in ("pages", "restored", "failed")] == [6, 5, 1]
    assert sorted(part["pages"] for part in summary["parts"]) == [3, 3]
    assert "broken.jpg" in (output / "_batch" / "failed.txt").read_text()
    (told,) = artifacts.values()
    assert json.loads((told / "manifest.json").read_text())["facts"]["restored"] == 5
    assert len(list((output / "_batch").glob("part-*/report.html"))) == 2


def test_every_task_of_the_archive_gets_the_store_and_is_never_taken_from_a_cache():
    spec, platforms = yaml.safe_load_all((COMPILED / "batch.yaml").read_text())
    executors = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert set(executors) == {"exec-list-pages", "exec-restore-pages", "exec-conclude-batch"}
    for name, executor in executors.items():
        assert "secretAsEnv" in executor, name
        assert executor["securityContext"]["runAsNonRoot"] is True
    hours = {name: int(executor["activeDeadlineSeconds"]) / 3600 for name, executor in executors.items()}
    assert hours == {"exec-list-pages": 6, "exec-restore-pages": 72, "exec-conclude-batch": 6}
    loop = spec["components"]["comp-for-loop-1"]["dag"]["tasks"]["restore-pages"]
    tasks = [loop, *(task for name, task in spec["root"]["dag"]["tasks"].items() if "for-loop" not in name)]
    assert len(tasks) == 3
    assert not any(task["cachingOptions"].get("enableCache") for task in tasks)
    assert spec["root"]["dag"]["tasks"]["for-loop-1"]["iteratorPolicy"] == {"parallelismLimit": 16}
