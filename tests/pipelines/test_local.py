"""`pulih run` on a tiny profile: stopped, continued, refused, and with another policy approved from what is there."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from pulih.common.config import read_json

pytestmark = pytest.mark.slow
READER = {
    "channels": 8,
    "hidden": 16,
    "depth": 1,
    "steps": 4,
    "batch_size": 4,
    "validation_interval": 2,
    "validation_lines": 4,
    "checkpoint_interval": 2,
}
GENERATOR = {"widths": [8, 16], "encoder_blocks": [1, 1], "decoder_blocks": [1]}
SCHEDULE = {"steps": 4, "batch_size": 2, "line_batch_size": 2, "validate_every": 2, "validation_lines": 2}
LINES = {
    **{"train": 120, "validation": 12, "test_seen": 8, "test_unseen": 8, "pages": 8, "shard_size": 12, "workers": 1},
    **{"min_width": 96, "max_width": 192, "languages": {"nl": 1.0}, "vocabulary": 3000},
    **{"fonts": ["homemade-apple", "italianno"], "held_out_fonts": ["bilbo"]},
}
RULE = {"kind": "bound", "name": "far too good", "metric": "test_unseen/all/restored/psnr", "operator": ">="}
PROFILE = {
    "synthesis": LINES,
    "recognizer": READER,
    "evaluator": {**READER, "architecture": "recurrent"},
    "restorer": {
        "generator": GENERATOR,
        "discriminator": {"image_width": 8, "text_width": 16},
        "schedule": {**SCHEDULE, "checkpoint_every": 2},
    },
    "evaluation": {"resamples": 100},
    "gate": {"name": "strict", "registered_model": "tiny", "rules": [{**RULE, "target": 90}]},
}


class Place:
    """A folder to run in, as a user's shell would."""

    def __init__(self, folder):
        self.folder, self.runs = folder, folder / "runs"
        (folder / "tiny.json").write_text(json.dumps(PROFILE))
        (folder / "nothing").mkdir()
        # Without real data the drift check takes the page that scikit-image ships.
        own = {"PULIH_RUNS_DIR": str(self.runs), "PULIH_LOGBOOK": str(folder / "LOGBOOK.md")}
        self.environment = {**os.environ, **own, "PULIH_REAL_DATA": str(folder / "nothing")}

    def start(self, *arguments):
        code = "import sys; sys.argv[0] = 'pulih'; from pulih.cli import main; main()"
        command = [sys.executable, "-c", code, "run", "--config", str(self.folder / "tiny.json"), *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.environment, cwd=self.folder, **pipes)

    def run(self, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=900)
        return process.returncode, out, err

    def folders(self):
        return sorted(path.parent for path in self.runs.glob("*-tiny-*/run.json"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def stopped(place):
    """The exit code of a run that got a SIGTERM while it wrote lines, and what still ran afterwards."""
    process = place.start()
    deadline = time.monotonic() + 300
    while not list(place.runs.glob("work/lines-*/train-*.tar")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    tasks = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    [folder] = place.folders()
    return process.returncode, err, [task for task in tasks if task.is_running()], read_json(folder / "run.json")


@pytest.fixture(scope="module")
def refused(place, stopped):
    return place.run()


@pytest.fixture(scope="module")
def approved(place, refused):
    return place.run("--set", f"gate.rules={json.dumps([{**RULE, 'target': 1}])}")


def statuses(folder):
    return {stage["name"]: stage["status"] for stage in read_json(folder / "run.json")["stages"]}


def test_sigterm_stops_the_run_and_its_tasks(stopped):
    code, err, still_running, record = stopped
    assert code == 143
    assert "run the same command again to continue" in err
    assert still_running == []
    assert (record["status"], record["stages"][0]["status"]) == ("interrupted", "interrupted")


def test_repeated_command_continues_the_same_run(place, refused):
    first, *_ = place.folders()
    record = read_json(first / "run.json")
    assert (record["status"], record["attempts"]) == ("refused", 2)


def test_a_refused_run_ends_with_three_and_has_its_report(place, refused):
    code, out, err = refused
    assert code == 3, err
    assert "far too good" in err
    folder = place.folders()[0]
    assert "report.html" in {path.name for path in folder.iterdir()}
    assert str(folder / "report.html") in out
    expected = {"registry": "skipped", "deployment": "skipped", "drift": "skipped", "gate": "done", "restorer": "done"}
    assert expected.items() <= statuses(folder).items()
    assert not (folder / "registration").exists()


def test_an_approved_run_reuses_what_did_not_change_and_says_so(place, approved):
    code, out, err = approved
    assert code == 0, err
    first, second = place.folders()
    found = statuses(second)
    reused = ("synthesis", "recognizer", "evaluator", "restorer", "evaluation")
    assert {name: found[name] for name in reused} == dict.fromkeys(reused, "reused")
    assert out.count(" reused ") == len(reused)
    assert {name: found[name] for name in ("gate", "registry", "deployment", "drift")} == dict.fromkeys(
        ("gate", "registry", "deployment", "drift"), "done"
    )
    assert (first / "restorer" / "model.onnx").read_bytes() == (second / "restorer" / "model.onnx").read_bytes()


def test_every_artifact_and_figure_is_in_the_runs_folder(place, approved):
    from pulih.data import manifest

    folder = place.folders()[1]
    assert (place.runs / "latest").resolve() == folder.resolve()
    figures = read_json(folder / "metrics.json")
    for stage in read_json(folder / "run.json")["stages"]:
        sealed = manifest.verify(folder / stage["artifact"], manifest.read_manifest(folder / stage["artifact"]).kind)
        assert figures[stage["artifact"]]["digest"] == sealed.digest()
    assert figures["registration"]["registered_model"] == "tiny"
    assert figures["seconds"]["drift"] > 0


def test_each_finished_run_has_its_entry_in_the_logbook(place, approved):
    from pulih.logbook.book import read_entries

    entries = read_entries(place.folder / "LOGBOOK.md")
    assert [entry.title.rpartition(" ")[2] for entry in entries] == ["approved", "refused"]
    for entry, folder in zip(entries, reversed(place.folders()), strict=True):
        assert folder.name in entry.title
        assert read_json(folder / "run.json")["config_digest"] in entry.body


def test_an_altered_artifact_is_named_and_a_fresh_start_does_without_it(place, approved):
    model = next(iter(place.runs.glob("work/restorer-*/model.onnx")))
    content = model.read_bytes()
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        code, _, err = place.run("--set", "evaluation.resamples=101")
    finally:
        model.write_bytes(content)
    assert code == 2, err
    assert "model.onnx" in err
    assert "stage 'evaluation' failed" in err
    assert read_json(place.folders()[-1] / "run.json")["status"] == "failed"
