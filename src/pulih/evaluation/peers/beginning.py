"""The first part of trainings of ours that differ only in what acts later: made once, handed to each of them.

Until the losses on whole lines begin, such trainings are the same to the bit; a training that goes on from there ends
as one that began from nothing.
"""

import shutil
from pathlib import Path
from typing import Any

from pulih.common.config import digest_of
from pulih.common.dist import Group, process_group
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.data.lines import read_lines
from pulih.data.workspace import state_of
from pulih.recognizer.model import load_recognizer
from pulih.recognizer.validate import spread
from pulih.restorer import checkpoint
from pulih.restorer.config import RestorerConfig
from pulih.restorer.contract import KIND
from pulih.restorer.schedule import WHOLE_LINES, first_whole_line_step, settled_step
from pulih.restorer.trainer import Trainer, fit

log = get_logger(__name__)
STATE = Path("state") / "checkpoint.pt"


def beginning_of(config: RestorerConfig) -> RestorerConfig:
    """Return what decides the steps on crops of a training: its config without all that acts on whole lines alone."""
    weights = config.weights.model_copy(update=dict.fromkeys(WHOLE_LINES, 0.0))
    judge = config.discriminator.model_copy(update={"mismatches": True})
    return config.model_copy(update={"weights": weights, "discriminator": judge})


class CommonBeginning:
    """The steps on crops that trainings share, in a folder of its own; an interrupted one is continued.

    Args:
        config: one of those trainings, with every late loss that any of them has.
    """

    def __init__(self, config: RestorerConfig, lines: Path, recognizer: Path, folder: Path) -> None:
        self.config, self.until = beginning_of(config), first_whole_line_step(config)
        self.lines, self.recognizer, self.folder = lines, recognizer, folder
        self.digest = digest_of([checkpoint.owner_of(self.config, lines, recognizer), self.until])

    def serves(self, config: RestorerConfig) -> bool:
        """Tell whether a training begins with these steps, and takes all or none of them into account for its best."""
        settled = settled_step(config)
        return beginning_of(config) == self.config and self.until > 0 and (settled == 0 or settled > self.until)

    def give(self, config: RestorerConfig, output: Path) -> None:
        """Put state and strips of the beginning where the training of ``config`` will work, unless it has begun.

        Raises:
            UserError: an artifact is missing or altered.
            TrainingFailed: an alarm stopped the beginning, as it would have stopped each of the trainings.
            Interrupted: SIGTERM or Ctrl-C; the state is saved.
        """
        parents = {"lines": self.lines, "recognizer": self.recognizer}
        if (output / STATE).is_file() or state_of(KIND, config, parents, output) != "new":
            return
        with only_process(self.folder), process_group(config.threads or None) as group:
            state, progress = self._made(group)
        if settled_step(config) > self.until:
            progress.best_psnr, progress.best_step, progress.stale = float("-inf"), -1, 0
        shutil.copytree(self.folder / "strips", output / "strips", dirs_exist_ok=True)
        checkpoint.save(output / STATE, state, progress, checkpoint.owner_of(config, self.lines, self.recognizer))
        log.info("%s goes on from the %d steps on crops in %s", output.name, self.until, self.folder.name)

    def _made(self, group: Group) -> tuple[dict[str, Any], checkpoint.Progress]:
        path = self.folder / STATE
        if path.is_file():
            state, progress = checkpoint.load(path, self.digest, group.device)
            if progress.step >= self.until:
                return state, progress
        self._train(group)
        return checkpoint.load(path, self.digest, group.device)

    def _train(self, group: Group) -> None:
        trainer = _UpTo(self, group)
        if (self.folder / STATE).is_file():
            trainer.restore(self.folder / STATE, self.digest)
        validation = spread(read_lines(self.lines, "validation"), self.config.schedule.validation_lines)
        fit(trainer, validation, self.folder, self.digest)


class _UpTo(Trainer):
    def __init__(self, beginning: CommonBeginning, group: Group) -> None:
        recognizer = load_recognizer(beginning.recognizer)
        super().__init__(beginning.config, read_lines(beginning.lines, "train"), recognizer, group)
        self.until = beginning.until

    @property
    def finished(self) -> bool:
        return self.progress.step >= self.until
