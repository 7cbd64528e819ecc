"""What runs in the containers of test_nodes.py: a training of the restorer whose every rank tells its weights."""

import hashlib
import os
import socket
import sys
import time
from pathlib import Path

from pulih.common.config import build_config, read_json
from pulih.common.dist import launch, process_group, reporting
from pulih.data.lines import read_lines
from pulih.recognizer.model import load_recognizer
from pulih.restorer.config import RestorerConfig
from pulih.restorer.trainer import Trainer, fit


def weights_of(trainer):
    digest = hashlib.sha256()
    for network in (trainer.generator, trainer.step.discriminator):
        for name, value in sorted(network.state_dict().items()):
            digest.update(name.encode() + value.numpy().tobytes())
    return digest.hexdigest()


def work():
    inputs, folder = Path("/inputs"), Path("/tmp/work")
    config = build_config(RestorerConfig, read_json(inputs / "config.json"))
    lines = inputs / "lines"
    with process_group(config.threads) as group:
        trainer = Trainer(config, read_lines(lines, "train"), load_recognizer(inputs / "recognizer"), group)
        fit(trainer, read_lines(lines, "validation"), folder, "digest")
        told = f"rank={group.rank} world={group.world} host={socket.gethostname()} step={trainer.progress.step}"
        # In one piece: ranks write to the same log.
        os.write(1, f"{told} weights={weights_of(trainer)}\n".encode())
        group.barrier()


if __name__ == "__main__":
    if sys.argv[1:] == ["rank"]:
        sys.exit(reporting(work))
    # The first node of a cluster is not up first.
    time.sleep(float(sys.argv[2]))
    launch("ranks", ["rank"], int(sys.argv[1]))
