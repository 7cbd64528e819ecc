"""Training of the restorer, in one process or in one rank of several (``python -m pulih.restorer.train``)."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from pulih.common.config import build_config, read_json
from pulih.common.dist import Group, process_group, reporting
from pulih.common.lock import only_process
from pulih.common.logging import configure_logging, get_logger
from pulih.common.settings import Settings
from pulih.data.lines import read_lines
from pulih.recognizer.model import load_recognizer
from pulih.recognizer.validate import spread
from pulih.restorer.checkpoint import owner_of
from pulih.restorer.config import RestorerConfig
from pulih.restorer.live import watched
from pulih.restorer.pages.phase import learn_pages, require_pages
from pulih.restorer.results import write_results
from pulih.restorer.trainer import Trainer, fit, unwatched

log = get_logger(__name__)


def run(config: RestorerConfig, lines: Path, recognizer: Path, folder: Path) -> None:
    """Train on ``lines`` with the frozen ``recognizer``; rank 0 leaves model, metrics and curves in ``folder``."""
    require_pages(config, lines)
    digest = owner_of(config, lines, recognizer)
    state = folder / "state"
    with process_group(config.threads or None) as group, _alone(state, group):
        configure_logging(state / f"train-{group.rank}.log")
        trainer = Trainer(config, read_lines(lines, "train"), load_recognizer(recognizer), group)
        if group.file_of_main(state / "checkpoint.pt"):
            trainer.restore(state / "checkpoint.pt", digest)
        text = "%d lines, generator %d and discriminator %d parameters, %d processes on %s"
        networks = (trainer.generator, trainer.step.discriminator)
        sizes = (sum(p.numel() for p in network.parameters()) for network in networks)
        log.info(text, len(trainer.feed.samples), *sizes, group.world, group.device)
        validation = spread(read_lines(lines, "validation"), config.schedule.validation_lines)
        with watched(folder, digest, Settings()) if group.is_main else nullcontext(unwatched) as watch:
            fit(trainer, validation, folder, digest, watch)
        pages = learn_pages(trainer, lines, validation, folder, digest)
        if group.is_main:
            write_results(trainer, validation, folder, pages)
        group.barrier()


@contextmanager
def _alone(state: Path, group: Group) -> Iterator[None]:
    # A killed command may have left a training that is just saving its state.
    with only_process(state, wait=True) if group.is_main else nullcontext():
        group.barrier()
        yield


def main(arguments: Sequence[str]) -> None:
    """Read the command line and train; see ``run``."""
    parser = argparse.ArgumentParser(prog="pulih.restorer.train", description=__doc__)
    for name in ("--config", "--lines", "--recognizer", "--folder"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args(arguments)
    run(build_config(RestorerConfig, read_json(given.config)), given.lines, given.recognizer, given.folder)


if __name__ == "__main__":
    sys.exit(reporting(lambda: main(sys.argv[1:])))
