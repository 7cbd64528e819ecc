"""The recognizer's training loop: ``python -m pulih.recognizer.train``, plain or as one rank under torchrun."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from pulih.common.config import build_config, digest_of, read_json
from pulih.common.dist import Group, process_group, reporting
from pulih.common.errors import Interrupted
from pulih.common.interrupt import StopFlag, stop_on_signal
from pulih.common.lock import only_process
from pulih.common.logging import configure_logging, get_logger
from pulih.common.progress import track
from pulih.data import manifest
from pulih.data.lines import LineSample, read_lines
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.results import write_results
from pulih.recognizer.trainer import Trainer
from pulih.recognizer.validate import spread

log = get_logger(__name__)


def fit(trainer: Trainer, validation: Sequence[LineSample], path: Path, digest: str) -> None:
    """Train until finished, with checkpoints at ``path``; raises Interrupted after a SIGTERM, with the state saved."""
    config, progress = trainer.config, trainer.progress
    with stop_on_signal() as stop:
        batches = trainer.feed.batches(progress.position, progress.step)
        steps = (
            track(batches, "recognizer", total=config.steps, done=progress.step) if trainer.group.is_main else batches
        )
        for position, indices in steps:
            if trainer.finished:
                break
            trainer.note(trainer.step(indices))
            progress.position = position
            _pause(trainer, validation, stop, path, digest)
    trainer.save(path, digest)


def _pause(trainer: Trainer, validation: Sequence[LineSample], stop: StopFlag, path: Path, digest: str) -> None:
    config, step = trainer.config, trainer.progress.step
    if step % config.validation_interval == 0 or step == config.steps:
        trainer.validate(validation)
    stopping = trainer.group.any(stop.requested)
    if stopping or step % config.checkpoint_interval == 0:
        trainer.save(path, digest)
    if stopping:
        raise Interrupted(f"stopped at step {step} of {config.steps}; the state is in {path}")


def run(config: RecognizerConfig, lines: Path, folder: Path) -> None:
    """Train on the artifact ``lines`` and leave model, metrics and curves in ``folder``; rank 0 writes."""
    digest = digest_of([config.digest(), manifest.read_manifest(lines).digest()])
    state = folder / "state"
    with process_group(config.threads) as group, _alone(state, group):
        configure_logging(state / f"train-{group.rank}.log")
        trainer = Trainer(config, read_lines(lines, "train"), group)
        if group.file_of_main(state / "checkpoint.pt"):
            trainer.restore(state / "checkpoint.pt", digest)
        size = sum(parameter.numel() for parameter in trainer.model.parameters())
        log.info("%s: %d lines, %d parameters", config.architecture, len(trainer.feed.samples), size)
        validation = spread(read_lines(lines, "validation"), config.validation_lines)
        fit(trainer, validation, state / "checkpoint.pt", digest)
        if group.is_main:
            trainer.model.load_state_dict(trainer.best)
            write_results(trainer.model, trainer.progress, config, lines, folder)


@contextmanager
def _alone(state: Path, group: Group) -> Iterator[None]:
    # A killed command may have left a training that is just saving its state.
    with only_process(state, wait=True) if group.is_main else nullcontext():
        group.barrier()
        yield


def main(arguments: Sequence[str]) -> None:
    """Read the command line and train; see ``run``."""
    parser = argparse.ArgumentParser(prog="pulih.recognizer.train", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="RecognizerConfig as JSON")
    parser.add_argument("--lines", type=Path, required=True, help="lines artifact")
    parser.add_argument("--folder", type=Path, required=True, help="where model, metrics and state are written")
    options = parser.parse_args(arguments)
    run(build_config(RecognizerConfig, read_json(options.config)), options.lines, options.folder)


if __name__ == "__main__":
    sys.exit(reporting(lambda: main(sys.argv[1:])))
