"""A peer as a sealed artifact: trained once for its config and lines, continued when it was interrupted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from pulih.common.config import build_config, digest_of
from pulih.common.dist import process_group
from pulih.common.files import write_bytes, write_json
from pulih.data import manifest
from pulih.data.charset import Charset
from pulih.data.lines import GreyImage, LineSample, read_lines
from pulih.data.workspace import run_stage
from pulih.evaluation.measure import read_lines_of
from pulih.evaluation.peers.config import PeerConfig
from pulih.evaluation.peers.networks import UNet, parameters_of
from pulih.evaluation.peers.trainer import PeerTrainer
from pulih.recognizer.metrics import cer
from pulih.recognizer.validate import spread
from pulih.restorer.trainer import fit
from pulih.restorer.validation import restored_line

KIND = "peer"
WEIGHTS = "model.safetensors"
READ_AT_ONCE = 16


def train_peer(config: PeerConfig, lines: Path, charset: Charset, output: Path) -> manifest.Manifest:
    """Train a peer on the artifact ``lines``; an interrupted training is continued, a finished one reused.

    The artifact holds the generator that validated best, ``metrics.json`` and strips. Its facts: parameters of each
    network, steps, processor seconds of the training, validation figures, and ``recognizer_cer_clean``, the error
    rate on clean validation lines of the recognizer that it trained jointly (None without one).

    Raises:
        UserError: the artifact is missing, altered, or the folder holds other work.
        Interrupted: SIGTERM or Ctrl-C; the state is saved.
    """
    return run_stage(KIND, config, {"lines": lines}, output, lambda folder: _work(config, lines, charset, folder))


def _work(config: PeerConfig, lines: Path, charset: Charset, folder: Path) -> dict[str, Any]:
    digest = digest_of([config.digest(), manifest.read_manifest(lines).digest()])
    with process_group(config.threads) as group:
        trainer = PeerTrainer(config, read_lines(lines, "train"), charset, group)
        if (state := folder / "state" / "checkpoint.pt").is_file():
            trainer.restore(state, digest)
        validation = spread(read_lines(lines, "validation"), config.validation_lines)
        fit(trainer, validation, folder, digest)
    facts = _facts(trainer, validation)
    weights = {name: value.cpu().contiguous() for name, value in trainer.best.items()}
    write_bytes(folder / WEIGHTS, save(weights))
    write_json(folder / "metrics.json", {**facts, "history": trainer.progress.history})
    return facts


def _facts(trainer: PeerTrainer, validation: Sequence[LineSample]) -> dict[str, Any]:
    progress, networks, config = trainer.progress, trainer.step.networks, trainer.peer
    parameters = {"generator": parameters_of(networks.generator)}
    reads: float | None = None
    if config.adversarial:
        parameters["discriminator"] = parameters_of(networks.discriminator)
    if config.ctc:
        recognizer = networks.recognizer.eval()
        parameters["recognizer"] = parameters_of(recognizer)
        texts = [recognizer.charset.normalize(sample.text) for sample in validation]
        reads = cer(texts, read_lines_of(recognizer, [sample.clean for sample in validation], READ_AT_ONCE))
    chosen = next(row for row in progress.history["validation"] if row["step"] == progress.best_step)
    return {
        "parameters": parameters,
        "steps": progress.step,
        "best_step": progress.best_step,
        "cpu_seconds": progress.cpu_seconds,
        "psnr_validation": chosen["psnr"],
        "recognizer_cer_clean": reads,
    }


class PeerRestorer:
    """A trained peer that restores lines; make one with ``load``."""

    def __init__(self, network: UNet) -> None:
        self._network = network

    @classmethod
    def load(cls, folder: Path, threads: int) -> "PeerRestorer":
        """Load a verified peer; raises ArtifactError when it is missing or altered."""
        sealed = manifest.verify(folder, KIND)
        network = UNet(build_config(PeerConfig, sealed.config).unet)
        network.load_state_dict(load_file(folder / WEIGHTS))
        torch.set_num_threads(threads)
        return cls(network.eval())

    def restore_lines(self, lines: Sequence[GreyImage]) -> list[GreyImage]:
        """Restore 8-bit grey lines (H, W) of the height that the peer was trained on, one by one."""
        return [restored_line(self._network, line, torch.device("cpu")) for line in lines]
