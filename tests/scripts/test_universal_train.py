"""One script starts any training in the background, from one checked JSON file."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "universal_train_from_json.sh"
TINY = {
    "channels": 8,
    "hidden": 16,
    "depth": 1,
    "batch_size": 4,
    "validation_interval": 1000,
    "validation_lines": 4,
    "checkpoint_interval": 1,
    "threads": 1,
}


def run(*arguments, cwd):
    environment = {**os.environ, "PULIH_PYTHON": sys.executable}
    command = [SCRIPT, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=environment, timeout=240)


def write(path, **values):
    path.write_text(json.dumps(values))
    return path


def wait_for(condition, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


@pytest.fixture
def config(tmp_path, tiny_lines):
    settings = {**TINY, "steps": 1200}
    inputs = {"lines": str(tiny_lines)}
    path = write(tmp_path / "own.json", recognizer=settings, inputs=inputs, output=str(tmp_path / "reader"))
    yield path
    pid_file = tmp_path / "reader" / "state" / "train.pid"
    if pid_file.is_file() and psutil.pid_exists(int(pid_file.read_text())):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ("{}", "no training section"),
        ('{"recognizer": {}, "restorer": {}}', "--stage"),
        ('{"recognizer": {"stepz": 1}}', "recognizer.steps"),
    ],
)
def test_a_file_that_says_no_training_is_refused(tmp_path, text, words):
    (tmp_path / "wrong.json").write_text(text)
    done = run("wrong.json", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["wrong.json"]


@pytest.mark.parametrize("arguments", [[], ["nothing.json"], ["a.json", "b.json"], ["a.json", "--colour"]])
def test_a_wrong_command_line_is_refused(tmp_path, arguments):
    (tmp_path / "a.json").write_text("{}")
    assert run(*arguments, cwd=tmp_path).returncode == 2


def test_dry_run_prints_the_command_of_either_training_and_starts_nothing(tmp_path):
    path = write(tmp_path / "own.json", recognizer={}, restorer={"processes": 2}, output=str(tmp_path / "out"))
    plans = {
        stage: json.loads(run(path, "--dry-run", "--stage", stage, "--", "--set", "seed=5", cwd=tmp_path).stdout)
        for stage in ("recognizer", "evaluator", "restorer")
    }
    assert "-m pulih.recognizer.train" in plans["recognizer"]["command"]
    assert (
        "torch.distributed.run --standalone --nproc-per-node=2 -m pulih.restorer.train" in plans["restorer"]["command"]
    )
    assert {name: (plan["section"], plan["config"]["seed"]) for name, plan in plans.items()} == {
        name: (name, 5) for name in plans
    }
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_training_starts_in_the_background_is_stopped_continued_and_kept_apart(tmp_path, config):
    started = run(config, cwd=tmp_path)
    assert started.returncode == 0, started.stderr
    folder = tmp_path / "reader"
    pid = int((folder / "state" / "train.pid").read_text())
    assert f"process id: {pid}" in started.stdout
    assert f"tail -f {folder}/state/train.log" in started.stdout
    assert psutil.Process(pid).terminal() is None
    wait_for((folder / "state" / "checkpoint.pt").is_file)

    again = run(config, cwd=tmp_path)
    assert (again.returncode, f"kill -TERM {pid}" in again.stderr) == (2, True), again.stderr

    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not psutil.pid_exists(pid))
    log = (folder / "state" / "train.log").read_text()
    assert "run the same command again to continue" in log
    assert not (folder / "manifest.json").exists()

    foreign = run(config, "--", "--set", "seed=9", cwd=tmp_path)
    assert foreign.returncode == 2
    assert "another config" in foreign.stderr

    continued = run(config, cwd=tmp_path)
    assert "continuing the training" in continued.stdout
    wait_for((folder / "manifest.json").is_file)
    assert "resumed at step" in (folder / "state" / "train.log").read_text()

    finished = run(config, cwd=tmp_path)
    assert (finished.returncode, "finished already" in finished.stdout) == (0, True), finished.stdout
