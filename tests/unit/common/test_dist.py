"""Real processes: torchrun over gloo, signals, deaths."""

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from pulih.common.dist import Group, command, launch, process_group, resolved_processes, working_device

RANKS = """
import json, sys
from pathlib import Path
import torch
from pulih.common.dist import process_group

with process_group(threads=1) as group:
    weight = torch.nn.Parameter(torch.zeros(3))
    weight.grad = torch.full((3,), float(group.rank + 1))
    other = torch.nn.Parameter(torch.zeros(2, 2))
    other.grad = torch.eye(2) * (group.rank + 1) * 2
    group.average_gradients([weight, torch.nn.Parameter(torch.zeros(1)), other])
    found = {
        "world": group.world,
        "share": list(group.share(range(5))),
        "weight": weight.grad.tolist(),
        "other": other.grad.tolist(),
        "mean": group.mean({"b": 10.0 * group.rank, "a": 1.0}),
        "any": [group.any(group.rank == 1), group.any(False)],
        "main": group.is_main,
    }
    Path(sys.argv[1], f"{group.rank}.json").write_text(json.dumps(found))
    group.barrier()
"""


def module_in(folder: Path, body: str) -> str:
    """Write ``body`` as a module that the children can import and return its name."""
    (folder / "child_module.py").write_text(textwrap.dedent(body))
    return "child_module"


@pytest.fixture
def importable(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_two_ranks_average_share_and_agree(importable):
    import json

    launch(module_in(importable, RANKS), [str(importable)], processes=2)
    first, second = (json.loads((importable / f"{rank}.json").read_text()) for rank in (0, 1))
    assert (first["share"], second["share"]) == ([0, 2, 4], [1, 3])
    assert (first["main"], second["main"]) == (True, False)
    for found in (first, second):
        assert found["world"] == 2
        assert found["weight"] == [1.5] * 3
        assert found["other"] == [[3.0, 0.0], [0.0, 3.0]]
        assert found["mean"] == {"a": 1.0, "b": 5.0}
        assert found["any"] == [True, False]


FILES = """
import sys
from pathlib import Path
from pulih.common.dist import process_group

with process_group(threads=1) as group:
    own = Path(sys.argv[1], str(group.rank))
    found = [group.file_of_main(own / name) for name in ("newer", "none", "equal")]
    (own / "found").write_text(repr(found))
    group.barrier()
"""


def test_every_rank_gets_the_file_of_the_first_and_keeps_an_equal_one(importable):
    files = {
        "0/newer": b"step 120",
        "0/equal": b"step 7",
        "1/newer": b"step 80",
        "1/none": b"stale",
        "1/equal": b"step 7",
    }
    for name, content in files.items():
        (importable / name).parent.mkdir(exist_ok=True)
        (importable / name).write_bytes(content)
    equal = (importable / "1" / "equal").stat()
    launch(module_in(importable, FILES), [str(importable)], processes=2)
    assert [(importable / rank / "found").read_text() for rank in "01"] == ["[True, False, True]"] * 2
    assert (importable / "1" / "newer").read_bytes() == b"step 120"
    assert (importable / "1" / "equal").stat().st_mtime_ns == equal.st_mtime_ns
    assert (importable / "1" / "equal").stat().st_ino == equal.st_ino


NODE = """
import sys
from pulih.common.launch import launch

launch("child_module", [sys.argv[1]], processes=1)
"""


def test_two_nodes_of_one_process_are_a_group_like_two_processes(importable):
    import json

    module_in(importable, RANKS)
    (importable / "node.py").write_text(NODE)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    place = {"PET_NNODES": "2", "PET_MASTER_ADDR": "127.0.0.1", "PET_MASTER_PORT": str(port)}
    command = [sys.executable, "-m", "node", str(importable)]
    nodes = [subprocess.Popen(command, env=os.environ | place | {"PET_NODE_RANK": str(rank)}) for rank in (0, 1)]
    assert [node.wait(120) for node in nodes] == [0, 0]
    found = [json.loads((importable / f"{rank}.json").read_text()) for rank in (0, 1)]
    assert [one["world"] for one in found] == [2, 2]
    assert [one["weight"] for one in found] == [[1.5] * 3] * 2
    assert [one["main"] for one in found] == [True, False]


def test_group_of_one_changes_nothing():
    with process_group(threads=1) as group:
        parameter = torch.nn.Parameter(torch.zeros(2))
        parameter.grad = torch.tensor([1.0, 2.0])
        group.average_gradients([parameter])
        assert parameter.grad.tolist() == [1.0, 2.0]
        assert group.mean({"a": 3.0}) == {"a": 3.0}
        assert group.any(True)
        assert not group.any(False)
        assert list(group.share([4, 5])) == [4, 5]
        assert group.is_main
        group.barrier()


def test_a_training_without_gpu_runs_in_one_process_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert resolved_processes(0) == 1
    assert resolved_processes(3) == 3
    assert working_device(0) == torch.device("cpu")


def test_a_gpu_that_fails_its_trial_is_left_with_a_warning(monkeypatch, caplog):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    def broken(*_args, **_kwargs):
        raise RuntimeError("CUDA error: no kernel image is available")

    monkeypatch.setattr(torch, "ones", broken)
    assert working_device(0) == torch.device("cpu")
    assert "no kernel image" in caplog.text


def test_several_processes_start_through_torchrun_and_one_without():
    assert command("a.b", ["-x"], 1)[1:] == ["-m", "a.b", "-x"]
    several = command("a.b", ["-x"], 2)
    assert several[1:3] == ["-m", "torch.distributed.run"]
    assert "--nproc-per-node=2" in several
    assert several[-3:] == ["-m", "a.b", "-x"][-3:]


def test_group_rank_zero_alone_is_main():
    assert not Group(1, 2, torch.device("cpu")).is_main
