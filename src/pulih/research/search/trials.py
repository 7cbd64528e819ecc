"""One trial: a short training that reports its validation PSNR and may be given up."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from pulih.common.config import build_config
from pulih.common.dist import Group
from pulih.common.errors import Interrupted
from pulih.common.interrupt import StopFlag
from pulih.data.lines import LineSample
from pulih.recognizer.model import load_recognizer
from pulih.research.search.config import SearchConfig
from pulih.restorer.config import RestorerConfig
from pulih.restorer.trainer import Trainer

Report = Callable[[int, float], bool]


def trial_config(config: SearchConfig, values: dict[str, float]) -> RestorerConfig:
    """Return the base with the values of a trial, its schedule compressed into the budget."""
    every = math.ceil(config.steps / config.validations)
    schedule = {"steps": config.steps, "validate_every": every, "patience": config.validations + 1}
    fixed = [f"schedule.{name}={value}" for name, value in schedule.items()]
    drawn = [f"{name}={value!r}" for name, value in values.items()]
    base = config.restorer.model_dump(mode="json") | {"processes": 1, "threads": config.threads}
    return build_config(RestorerConfig, base, [*fixed, *drawn])


class Material:
    """What every trial trains on and is judged by."""

    def __init__(self, train: Sequence[LineSample], validation: Sequence[LineSample], recognizer: Path) -> None:
        self.train, self.validation, self.recognizer = train, validation, recognizer


def run_trial(
    config: RestorerConfig, material: Material, group: Group, folder: Path, report: Report, stop: StopFlag
) -> float | None:
    """Train and return the PSNR of the last validation in dB, None when the trial was given up.

    Args:
        report: told of step and PSNR at every validation; returns whether to give up.

    Raises:
        PulihError: the training diverged or collapsed.
        Interrupted: the search was asked to stop.
    """
    trainer = Trainer(config, material.train, load_recognizer(material.recognizer), group)
    psnr = float("-inf")
    while trainer.progress.step < config.schedule.steps:
        trainer.advance()
        step = trainer.progress.step
        if stop.requested:
            raise Interrupted(f"stopped at step {step} of a trial, which the same command begins anew")
        if step % config.schedule.validate_every == 0 or step == config.schedule.steps:
            trainer.check(material.validation, folder / f"step-{step:07d}.png")
            psnr = trainer.progress.history["validation"][-1]["psnr"]
            if report(step, psnr):
                return None
    return psnr
