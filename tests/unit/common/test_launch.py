"""Real children: what they report, how they are stopped, and that none outlives its launcher."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pulih.common.errors import ConfigError, Interrupted, PulihError, TrainingFailed, UserError
from pulih.common.launch import Nodes, command, launch

RAISING = """
import sys
from pulih.common.errors import Interrupted, PulihError, TrainingFailed, UserError
from pulih.common.launch import reporting

def work():
    kind = sys.argv[1]
    if kind == "user":
        raise UserError("a height of 64", "48", "Synthesize again.")
    if kind == "stopped":
        raise Interrupted("state saved")
    if kind == "failed":
        raise TrainingFailed("white pages up to step 9")
    if kind == "ours":
        raise PulihError("diverged")
    if kind == "crash":
        raise ZeroDivisionError

sys.exit(reporting(work))
"""

WAITING = """
import os, signal, sys, time
from pathlib import Path
from pulih.common.errors import Interrupted
from pulih.common.interrupt import stop_on_signal
from pulih.common.launch import reporting

folder = Path(sys.argv[1])

def work():
    with stop_on_signal() as stop:
        (folder / f"started-{os.environ.get('RANK', '0')}").write_text(str(os.getpid()))
        while not stop.requested:
            time.sleep(0.02)
    (folder / f"saved-{os.environ.get('RANK', '0')}").touch()
    raise Interrupted("state saved")

sys.exit(reporting(work))
"""

LAUNCHING = """
import sys
from pulih.common.errors import Interrupted
from pulih.common.launch import launch

try:
    launch("child_module", [sys.argv[1]], int(sys.argv[2]))
except Interrupted:
    sys.exit(Interrupted.exit_code)
"""


@pytest.fixture
def importable(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def write_module(folder, body, name="child_module"):
    (folder / f"{name}.py").write_text(textwrap.dedent(body))


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_users_fault_in_a_child_is_raised_with_its_words(importable, processes):
    write_module(importable, RAISING)
    with pytest.raises(UserError) as caught:
        launch("child_module", ["user"], processes)
    assert str(caught.value) == "expected a height of 64; found 48. Synthesize again."


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_training_that_its_alarms_stopped_is_raised_with_the_reason(importable, processes):
    write_module(importable, RAISING)
    with pytest.raises(TrainingFailed, match=r"^white pages up to step 9$"):
        launch("child_module", ["failed"], processes)


@pytest.mark.parametrize(("kind", "error"), [("stopped", Interrupted), ("ours", PulihError), ("crash", PulihError)])
def test_other_ends_of_a_child_raise_their_kind(importable, kind, error):
    write_module(importable, RAISING)
    with pytest.raises(PulihError) as caught:
        launch("child_module", [kind], 1)
    assert type(caught.value) is error


def test_a_child_that_ends_well_raises_nothing(importable):
    write_module(importable, RAISING)
    launch("child_module", ["fine"], 1)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_or_killed_launcher_lets_every_rank_save(importable, processes, number):
    write_module(importable, WAITING)
    write_module(importable, LAUNCHING, "launching")
    parent = subprocess.Popen([sys.executable, "-m", "launching", str(importable), str(processes)])
    wait_for(lambda: len(list(importable.glob("started-*"))) == processes)
    parent.send_signal(number)
    code = parent.wait(60)
    wait_for(lambda: len(list(importable.glob("saved-*"))) == processes)
    assert code == (Interrupted.exit_code if number == signal.SIGTERM else -signal.SIGKILL)
    ranks = [Path("/proc") / path.read_text() for path in importable.glob("started-*")]
    wait_for(lambda: not any(rank.exists() for rank in ranks))


# What Kubeflow Trainer sets in the pods of a TrainJob.
TRAINJOB = {"PET_NNODES": "2", "PET_NODE_RANK": "1", "PET_MASTER_ADDR": "job-node-0-0.job", "PET_MASTER_PORT": "29500"}


def test_a_node_of_a_trainjob_meets_the_others_where_it_is_told():
    nodes = Nodes.from_environment(TRAINJOB | {"PET_NPROC_PER_NODE": "auto"})
    told = command("a.b", ["-x"], 1, nodes)
    assert told[1:3] == ["-m", "torch.distributed.run"]
    assert {"--nnodes=2", "--node-rank=1", "--master-addr=job-node-0-0.job", "--master-port=29500"} <= set(told)
    assert "--nproc-per-node=1" in told
    assert "--standalone" not in told


@pytest.mark.parametrize("variables", [{}, {"PET_NNODES": "1", "PET_NODE_RANK": "0", "PET_MASTER_ADDR": "job"}])
def test_one_node_needs_no_other(variables):
    assert command("a.b", [], 1, Nodes.from_environment(variables))[1:] == ["-m", "a.b"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"PET_NNODES": "1:4"}, "PET_NNODES=1:4"),
        ({"PET_NODE_RANK": "2"}, "PET_NODE_RANK=2"),
        ({"PET_MASTER_ADDR": ""}, "PET_MASTER_ADDR=''"),
    ],
)
def test_nodes_that_cannot_meet_are_refused(wrong, named):
    with pytest.raises(ConfigError) as caught:
        Nodes.from_environment(TRAINJOB | wrong)
    assert named in str(caught.value)
