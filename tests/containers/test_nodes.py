"""One training on two nodes: two containers, each told by the variables of a TrainJob where the first one is."""

import json
import re
import shutil
from pathlib import Path

import pytest
from engine.podman import HELD, SITE, TRAINING

HERE = Path(__file__).parent
READER = {"channels": 8, "hidden": 16, "depth": 1, "steps": 2, "batch_size": 4, "validation_interval": 2}
CONFIG = {
    "generator": {"widths": [8, 16], "encoder_blocks": [1, 1], "decoder_blocks": [1]},
    "discriminator": {"image_width": 4, "text_width": 8},
    "schedule": {
        **{"steps": 6, "batch_size": 4, "crop_width": 64, "line_batch_size": 4},
        **{ramp: {"start": 0.3, "length": 0.1} for ramp in ("adversarial", "recognition", "ctc")},
        **{"validate_every": 6, "validation_lines": 4, "checkpoint_every": 6},
    },
    "threads": 1,
}


@pytest.fixture(scope="module")
def inputs(tiny_lines, tmp_path_factory):
    """What every node reads: config, lines, and a recognizer."""
    from pulih.recognizer import stage
    from pulih.recognizer.config import RecognizerConfig

    folder = tmp_path_factory.mktemp("inputs")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    stage.train(RecognizerConfig(validation_lines=4, **READER), tiny_lines, folder / "recognizer")
    shutil.copytree(tiny_lines, folder / "lines")
    # Who reads is not who wrote.
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.fixture(scope="module")
def start(podman, packages, inputs, tmp_path_factory):
    """Start a container of the training image with so many processes; returns its name."""
    places = {f"{SITE}/{name}": path for name, path in packages.items()} | {"/inputs": inputs, "/code": HERE}
    mounts = [f"--volume={path}:{place}:ro" for place, path in places.items()]
    code = ["--env=PYTHONPATH=/code", "--entrypoint=python"]

    def go(name, processes, *options, wait=0):
        arguments = ["/code/ranks.py", processes, wait]
        return podman(
            "run", "--detach", f"--name={name}", *HELD, *mounts, *code, *options, TRAINING, *arguments
        ).strip()

    return go


def told(podman, name):
    """Wait for a container and return what its ranks said at their end, by rank."""
    code = podman.wait(name, 3600)
    log = podman.logs(name)
    assert code == 0, log[-3000:]
    found = re.findall(r"rank=(\d) world=(\d) host=(\S+) step=(\d+) weights=(\w+)", log)
    return {int(rank): (int(world), host, int(step), weights) for rank, world, host, step, weights in found}


@pytest.fixture(scope="module")
def one_container(podman, start):
    start("one-node", 2, "--network=none")
    return told(podman, "one-node")


@pytest.fixture(scope="module")
def two_containers(podman, start):
    label, value = podman.label
    network = podman("network", "create", f"--label={label}={value}", f"pulih-nodes-{value}").strip()
    place = {"PET_NNODES": 2, "PET_NPROC_PER_NODE": 1, "PET_MASTER_ADDR": "node-0", "PET_MASTER_PORT": 29500}
    variables = [f"--env={name}={value}" for name, value in place.items()]
    for rank, wait in ((1, 0), (0, 2)):
        name, own = f"node-{rank}", f"--env=PET_NODE_RANK={rank}"
        start(name, 1, f"--network={network}", f"--hostname={name}", own, *variables, wait=wait)
    return told(podman, "node-0") | told(podman, "node-1")


def test_two_containers_are_one_group(two_containers):
    assert {rank: (world, host, step) for rank, (world, host, step, _) in two_containers.items()} == {
        0: (2, "node-0", 6),
        1: (2, "node-1", 6),
    }


def test_both_nodes_end_with_the_same_weights(two_containers):
    assert two_containers[0][3] == two_containers[1][3]


def test_two_nodes_learn_what_two_processes_of_one_node_learn(one_container, two_containers):
    assert {host for _, host, *_ in one_container.values()}.isdisjoint({"node-0", "node-1"})
    assert [one_container[rank][3] for rank in (0, 1)] == [two_containers[rank][3] for rank in (0, 1)]
