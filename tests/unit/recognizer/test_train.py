"""The whole stage: real child processes, stopped and killed, one and two ranks."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from pulih.common.errors import ConfigError, Interrupted, UserError
from pulih.data.manifest import read_manifest, verify
from pulih.recognizer import stage
from pulih.recognizer.model import load_recognizer
from pulih.recognizer.train import run

STAGE = """
import sys
from pathlib import Path
from pulih.common.config import build_config, read_json
from pulih.common.errors import Interrupted
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.stage import train

try:
    train(build_config(RecognizerConfig, read_json(Path(sys.argv[1]))), Path(sys.argv[2]), Path(sys.argv[3]))
except Interrupted:
    sys.exit(Interrupted.exit_code)
"""

GRADIENTS = """
import sys
from pathlib import Path
import torch
from pulih.common.config import build_config, read_json
from pulih.common.dist import process_group
from pulih.data.lines import read_lines
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.feed import Position
from pulih.recognizer.trainer import Trainer

config = build_config(RecognizerConfig, read_json(Path(sys.argv[1])))
with process_group(threads=1) as group:
    found = {}
    for architecture in ("convolutional", "recurrent"):
        chosen = config.model_copy(update={"architecture": architecture})
        trainer = Trainer(chosen, read_lines(Path(sys.argv[2]), "train"), group)
        position, indices = next(trainer.feed.batches(Position(), 0))
        loss = trainer.compute_gradients(trainer.feed.tensors(indices, 0, group))
        found |= {f"{architecture} gradient {name}": p.grad for name, p in trainer.model.named_parameters()}
        found |= {f"{architecture} state {name}": value for name, value in trainer.model.state_dict().items()}
        found[f"{architecture} loss"] = torch.tensor(group.mean({"loss": loss})["loss"])
    torch.save(found, Path(sys.argv[3]) / f"world{group.world}-rank{group.rank}.pt")
"""


def write_config(folder, config):
    path = folder / "config.json"
    path.write_text(config.model_dump_json())
    return path


def start(folder, config, lines, output):
    script = folder / "stage.py"
    script.write_text(textwrap.dedent(STAGE))
    arguments = [write_config(folder, config), lines, output]
    return subprocess.Popen([sys.executable, script, *map(str, arguments)])


def wait_for(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, small, printed_lines):
    folder = tmp_path_factory.mktemp("uninterrupted")
    stage.train(small, printed_lines, folder)
    return folder


def assert_same_artifact(folder, other):
    """The same curves and weights, byte for byte."""
    assert read_manifest(folder).files == read_manifest(other).files


def test_artifact_has_what_its_readers_expect(uninterrupted, small):
    manifest = verify(uninterrupted, "recognizer")
    assert set(manifest.files) == {"model.safetensors", "config.json", "charset.json", "metrics.json", "curves.png"}
    assert {"cer_validation", "cer_test_seen", "parameters", "best_step"} <= set(manifest.facts)
    metrics = json.loads((uninterrupted / "metrics.json").read_text())
    assert [row["step"] for row in metrics["history"]["validation"]] == [4, 8, 12]
    assert metrics["splits"]["test_seen"]["clean"]["cer"]["low"] <= manifest.facts["cer_test_seen"]
    with Image.open(uninterrupted / "curves.png") as picture:
        assert picture.width > 600
    assert load_recognizer(uninterrupted).height == 64


def test_second_call_reuses_the_artifact(uninterrupted, small, printed_lines, caplog):
    before = (uninterrupted / "model.safetensors").stat().st_mtime_ns
    stage.train(small, printed_lines, uninterrupted)
    assert (uninterrupted / "model.safetensors").stat().st_mtime_ns == before


def test_folder_of_another_config_is_refused(uninterrupted, small, printed_lines):
    with pytest.raises(ConfigError, match="another config"):
        stage.train(small.model_copy(update={"seed": 9}), printed_lines, uninterrupted)


def test_a_fault_found_by_the_child_is_the_users(tmp_path, small, printed_lines):
    with pytest.raises(UserError, match="batch_size = 99"):
        stage.train(small.model_copy(update={"batch_size": 99}), printed_lines, tmp_path)


def stop_at(monkeypatch, step):
    """Send SIGTERM to this very process when the training has made ``step`` steps."""
    from pulih.recognizer.trainer import Trainer

    original = Trainer.step

    def stepping(trainer, indices):
        values = original(trainer, indices)
        if trainer.progress.step == step:
            os.kill(os.getpid(), signal.SIGTERM)
        return values

    monkeypatch.setattr(Trainer, "step", stepping)


@pytest.mark.parametrize("step", [2, 4, 9])
def test_training_resumed_after_sigterm_equals_one_never_stopped(
    tmp_path, small, printed_lines, uninterrupted, monkeypatch, step
):
    with monkeypatch.context() as patch:
        stop_at(patch, step)
        with pytest.raises(Interrupted, match=f"stopped at step {step} of 12"):
            run(small, printed_lines, tmp_path)
    assert not (tmp_path / "model.safetensors").exists()
    run(small, printed_lines, tmp_path)
    assert (tmp_path / "metrics.json").read_bytes() == (uninterrupted / "metrics.json").read_bytes()
    weights, expected = (load_file(folder / "model.safetensors") for folder in (tmp_path, uninterrupted))
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_checkpoint_of_another_config_is_refused(tmp_path, small, printed_lines, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 2)
        with pytest.raises(Interrupted):
            run(small, printed_lines, tmp_path)
    with pytest.raises(ConfigError, match="a checkpoint of digest"):
        run(small.model_copy(update={"learning_rate": 0.5}), printed_lines, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_stage_continues_to_the_same_artifact(tmp_path, small, printed_lines, number):
    config = small.model_copy(update={"steps": 400, "checkpoint_interval": 20, "validation_interval": 50})
    stage.train(config, printed_lines, tmp_path / "whole")
    checkpoint = tmp_path / "cut" / "state" / "checkpoint.pt"
    process = start(tmp_path, config, printed_lines, tmp_path / "cut")
    wait_for(checkpoint.is_file)
    process.send_signal(number)
    assert process.wait(60) == (Interrupted.exit_code if number == signal.SIGTERM else -number)
    assert not (tmp_path / "cut" / "manifest.json").exists()
    stage.train(config, printed_lines, tmp_path / "cut")
    assert "resumed at step" in (tmp_path / "cut" / "state" / "train-0.log").read_text()
    assert_same_artifact(tmp_path / "cut", tmp_path / "whole")


def test_two_processes_have_the_gradients_of_one(tmp_path, small, printed_lines):
    script = tmp_path / "gradients.py"
    script.write_text(textwrap.dedent(GRADIENTS))
    arguments = [str(script), str(write_config(tmp_path, small)), str(printed_lines), str(tmp_path)]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    both = [subprocess.Popen([*start_of_command, *arguments]) for start_of_command in ([sys.executable], torchrun)]
    assert [process.wait(250) for process in both] == [0, 0]
    one, first, second = (
        torch.load(tmp_path / f"world{world}-rank{rank}.pt", weights_only=True)
        for world, rank in ((1, 0), (2, 0), (2, 1))
    )
    assert sum("gradient" in name for name in one) > 40
    for name, value in one.items():
        if "num_batches_tracked" not in name:
            torch.testing.assert_close(first[name], value, atol=2e-5, rtol=2e-3, msg=name)
            torch.testing.assert_close(second[name], first[name], atol=0, rtol=0, msg=name)


@pytest.mark.slow
def test_two_processes_train_to_an_artifact(tmp_path, small, printed_lines):
    manifest = stage.train(small.model_copy(update={"processes": 2}), printed_lines, tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert manifest.facts["steps"] == 12
    assert len(metrics["history"]["validation"]) == 3
