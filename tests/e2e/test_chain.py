"""The whole chain as a user runs it, on a profile of seconds: every part is real, only small."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

READER = {"channels": 8, "hidden": 16, "depth": 1, "steps": 4, "batch_size": 8, "validation_interval": 4}
RULE = {
    "kind": "bound",
    "name": "likeness to the clean lines, PSNR in dB",
    "metric": "test_unseen/all/restored/psnr",
    "operator": ">=",
    "target": 0.1,
}
TINY = {
    "name": "tiny",
    "synthesis": {
        "train": 32,
        "validation": 8,
        "test_seen": 8,
        "test_unseen": 8,
        "pages": 3,
        "vocabulary": 500,
        "max_width": 256,
    },
    "recognizer": READER | {"validation_lines": 8},
    "evaluator": READER | {"validation_lines": 8, "architecture": "recurrent", "seed": 2},
    "restorer": {
        "generator": {"widths": [8, 16], "encoder_blocks": [1, 1], "decoder_blocks": [1]},
        "discriminator": {"image_width": 4, "text_width": 8},
        "schedule": {
            "steps": 4,
            "batch_size": 4,
            "crop_width": 64,
            "line_batch_size": 4,
            "adversarial": {"start": 0.5},
            "recognition": {"start": 0.5},
            "ctc": {"start": 0.5},
            "validate_every": 4,
            "validation_lines": 4,
            "checkpoint_every": 2,
        },
    },
    "evaluation": {"resamples": 100, "examples": 1},
    "gate": {"name": "tiny", "registered_model": "pulih-restorer-tiny", "rules": [RULE]},
}
STAGES = ["synthesis", "recognizer", "evaluator", "restorer", "evaluation", "gate", "registry", "deployment", "drift"]


def chain_command(folder: Path, profile: dict, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """What is to be run in ``folder``, and its environment."""
    (folder / "tiny.json").write_text(json.dumps(profile))
    place = {"PULIH_RUNS_DIR": str(folder / "runs"), "PULIH_REAL_DATA": str(folder / "no-archive")}
    command = [str(Path(sys.executable).with_name("pulih")), "run", "--config", "tiny.json", *arguments]
    return command, os.environ | place


def run_chain(folder: Path, profile: dict, *arguments: str) -> subprocess.CompletedProcess:
    command, environment = chain_command(folder, profile, *arguments)
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=900
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    (folder / "logbook").mkdir()
    (folder / "logbook" / "LOGBOOK.md").write_text("# Logbook\n\n<!-- entries -->\n")
    return folder


@pytest.fixture(scope="module")
def first(place):
    return run_chain(place, TINY)


def statuses(place: Path) -> dict[str, str]:
    stages = json.loads((place / "runs" / "latest" / "run.json").read_text())["stages"]
    return {stage["name"]: stage["status"] for stage in stages}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_ends_with_a_registered_model_an_answered_page_and_a_drift_report(place, first):
    assert first.returncode == 0, first.stdout[-3000:] + first.stderr[-3000:]
    latest = place / "runs" / "latest"
    assert statuses(place) == dict.fromkeys(STAGES, "done")
    assert json.loads((latest / "decision" / "decision.json").read_text())["approved"]
    assert (latest / "deployment" / "answer.png").read_bytes().startswith(b"\x89PNG")
    drift = json.loads((latest / "drift" / "drift.json").read_text())["summary"]
    assert drift["stand_in"]
    assert drift["notes"]
    figures = json.loads((latest / "metrics.json").read_text())
    assert figures["status"] == "approved"
    assert 0 < figures["evaluation"]["test_unseen_psnr"] < 60


@pytest.mark.slow
def test_the_report_shows_every_part_and_needs_no_network(place, first):
    report = (place / "runs" / "latest" / "report.html").read_text()
    for heading in ("The chain", "Lines before and after", "Training", "The gate", "The registry", "endpoint", "Drift"):
        assert heading in report
    assert "http://" not in report.replace("http://www.w3.org", "")
    assert 'src="data:image/png;base64,' in report
    assert report.count('class="slider"') >= 2


@pytest.mark.slow
def test_the_logbook_gets_one_entry_per_run(place, first):
    logbook = (place / "logbook" / "LOGBOOK.md").read_text()
    assert (place / "runs" / "latest").resolve().name in logbook


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_second_run_reuses_what_is_unchanged_and_a_refusal_still_reports(place, first):
    stricter = TINY | {"gate": TINY["gate"] | {"rules": [RULE | {"target": 99.0}]}}
    again = run_chain(place, stricter, "--publish", str(place / "published"))
    assert again.returncode == 3
    status = statuses(place)
    assert {status[name] for name in STAGES[:5]} == {"reused"}
    assert status["registry"] == "skipped"
    assert "refused" in again.stdout + again.stderr
    assert "refused" in (place / "runs" / "latest" / "report.html").read_text()
    [published] = (place / "published").iterdir()
    assert published.name == (place / "runs" / "latest").resolve().name
    assert "refused" in (published / "report.html").read_text()
    assert (published / "restorer" / "model.onnx").is_file()
    assert not (published / "lines").exists()
