"""Real processes: stopped, killed, one rank and two."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from pulih.common.errors import ConfigError
from pulih.data.manifest import read_manifest
from pulih.restorer import stage
from pulih.restorer.train import run

STAGE = """
import sys
from pathlib import Path
from pulih.common.config import build_config, read_json
from pulih.common.errors import Interrupted
from pulih.restorer.config import RestorerConfig
from pulih.restorer.stage import train

try:
    train(build_config(RestorerConfig, read_json(Path(sys.argv[1]))), *map(Path, sys.argv[2:]))
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
from pulih.recognizer.model import load_recognizer
from pulih.restorer.config import RestorerConfig
from pulih.restorer.schedule import active_weights
from pulih.restorer.trainer import Trainer

config = build_config(RestorerConfig, read_json(Path(sys.argv[1])))
with process_group(threads=1) as group:
    trainer = Trainer(config, read_lines(Path(sys.argv[2]), "train"), load_recognizer(Path(sys.argv[3])), group)
    for step in (0, 9):
        weights = active_weights(config.weights, config.schedule, step)
        losses = group.mean(trainer.step.gradients(trainer.feed.batch(step, group), weights))
        networks = {"generator": trainer.generator, "discriminator": trainer.step.discriminator}
        found = {
            f"{network} {name}": parameter.grad
            for network, module in networks.items()
            for name, parameter in module.named_parameters()
            if parameter.grad is not None
        }
        found |= {f"loss {name}": torch.tensor(value) for name, value in losses.items()}
        torch.save(found, Path(sys.argv[4]) / f"step{step}-world{group.world}-rank{group.rank}.pt")
"""


NODES = """
import os, sys
from pathlib import Path
from pulih.common.config import build_config, digest_of, read_json
from pulih.common.dist import Group, process_group
from pulih.data.lines import read_lines
from pulih.data.manifest import read_manifest
from pulih.recognizer.model import load_recognizer
from pulih.restorer.config import RestorerConfig
from pulih.restorer.train import run
from pulih.restorer.trainer import Trainer

config = build_config(RestorerConfig, read_json(Path(sys.argv[1])))
lines, reader, folder = map(Path, sys.argv[2:])
if "RANK" in os.environ:
    run(config, lines, reader, folder / os.environ["RANK"])
else:
    with process_group(threads=1) as group:
        trainer = Trainer(config, read_lines(lines, "train"), load_recognizer(reader), group)
        digest = digest_of([config.digest(), *(read_manifest(path).digest() for path in (lines, reader))])
        for rank in (0, 1):
            for _ in range(2):
                trainer.advance()
            trainer.save(folder / str(rank) / "state" / "checkpoint.pt", digest)
"""


def write_config(folder, config):
    path = folder / "config.json"
    path.write_text(config.model_dump_json())
    return path


def write_script(folder, text):
    path = folder / "script.py"
    path.write_text(text)
    return path


def start(folder, config, *paths):
    arguments = [write_script(folder, STAGE), write_config(folder, config), *paths]
    return subprocess.Popen([sys.executable, *map(str, arguments)])


def wait_for(condition, process, seconds=150.0):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"it ended too early with code {process.returncode}"
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def longer(config, steps):
    schedule = config.schedule.model_copy(update={"steps": steps, "checkpoint_every": 2, "validate_every": steps})
    return config.model_copy(update={"schedule": schedule})


def same_files(folder, other):
    return read_manifest(folder).files == read_manifest(other).files


@pytest.mark.slow
def test_two_ranks_and_one_have_the_same_first_gradients(tmp_path, small, printed_lines, reader_folder):
    script = write_script(tmp_path, GRADIENTS)
    arguments = [script, write_config(tmp_path, small), printed_lines, reader_folder, tmp_path]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for launcher in ([], torchrun):
        subprocess.run([sys.executable, *launcher, *map(str, arguments)], check=True, timeout=240)
    for step, networks in ((0, {"generator", "loss"}), (9, {"generator", "discriminator", "loss"})):
        one = torch.load(tmp_path / f"step{step}-world1-rank0.pt", weights_only=True)
        assert {name.split(" ")[0] for name in one} == networks
        for rank in (0, 1):
            two = torch.load(tmp_path / f"step{step}-world2-rank{rank}.pt", weights_only=True)
            assert one.keys() == two.keys()
            for name, value in one.items():
                # In the last bias of a hinge terms of a half cancel: what is left is rounding.
                torch.testing.assert_close(two[name], value, rtol=2e-4, atol=3e-6, msg=f"{name} at step {step}")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_training_continues_and_ends_with_the_same_artifact(
    number, tmp_path, small, printed_lines, reader_folder
):
    config = longer(small, 40)
    checkpoint = tmp_path / "out" / "state" / "checkpoint.pt"
    paths = (printed_lines, reader_folder, tmp_path / "out")
    process = start(tmp_path, config, *paths)
    wait_for(checkpoint.is_file, process)
    os.kill(process.pid, number)
    code = process.wait(timeout=60)
    assert code == (143 if number == signal.SIGTERM else -signal.SIGKILL)
    stage.train(config, *paths)
    steps = torch.load(checkpoint, weights_only=True)["progress"]["step"]
    assert steps == 40
    stage.train(config, printed_lines, reader_folder, tmp_path / "whole")
    assert same_files(tmp_path / "out", tmp_path / "whole")


@pytest.mark.slow
def test_two_ranks_stop_together_and_continue(tmp_path, small, printed_lines, reader_folder):
    config = longer(small, 40).model_copy(update={"processes": 2})
    checkpoint = tmp_path / "out" / "state" / "checkpoint.pt"
    paths = (printed_lines, reader_folder, tmp_path / "out")
    process = start(tmp_path, config, *paths)
    wait_for(checkpoint.is_file, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=100) == 143
    assert torch.load(checkpoint, weights_only=True)["progress"]["step"] < 40
    facts = stage.train(config, *paths).facts
    assert facts["steps"] == 40


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nodes_with_different_checkpoints_go_on_from_the_first_ones(tmp_path, small, printed_lines, reader_folder):
    arguments = [write_script(tmp_path, NODES), write_config(tmp_path, longer(small, 6)), printed_lines, reader_folder]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for launcher in ([], torchrun):
        command = [sys.executable, *launcher, *map(str, [*arguments, tmp_path])]
        subprocess.run(command, check=True, timeout=850)
    for rank in "01":
        assert "resumed at step 2 of 6" in (tmp_path / rank / "state" / f"train-{rank}.log").read_text()
    assert torch.load(tmp_path / "0" / "state" / "checkpoint.pt", weights_only=True)["progress"]["step"] == 6


def test_state_of_another_training_is_refused(tmp_path, small, printed_lines, reader_folder):
    run(longer(small, 1), printed_lines, reader_folder, tmp_path)
    with pytest.raises(ConfigError, match="no training inherits"):
        run(longer(small, 2), printed_lines, reader_folder, tmp_path)
