"""Where the time of a training goes: a table by part, and a trace for torch's viewers.

The step itself knows nothing of it: its parts are wrapped from outside for the profile alone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from pulih.common.dist import process_group
from pulih.common.files import atomic_path, write_json, write_text
from pulih.common.logging import get_logger
from pulih.data.lines import LineSample, read_lines
from pulih.recognizer.model import load_recognizer
from pulih.restorer.config import RestorerConfig
from pulih.restorer.schedule import first_whole_line_step
from pulih.restorer.trainer import Trainer

log = get_logger(__name__)
CROPS, LINES = "crops", "whole lines"
MEASURED = 6  # steps per phase
Tree = dict[str, Any]


@dataclass
class Clock:
    """Adds up the wall seconds of named parts; what a part calls that has a name of its own counts for that one."""

    seconds: dict[str, float] = field(default_factory=dict)
    _inner: list[float] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of the block for ``name``, and label it in a running trace."""
        self._inner.append(0.0)
        started = time.perf_counter()
        try:
            with torch.profiler.record_function(f"pulih: {name}"):
                yield
        finally:
            elapsed = time.perf_counter() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + elapsed - self._inner.pop()
            if self._inner:
                self._inner[-1] += elapsed

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted for ``name``."""

        def call(*arguments: Any, **options: Any) -> Any:
            with self.part(name):
                return function(*arguments, **options)

        return call


def label(trainer: Trainer, clock: Clock) -> None:
    """Wrap the parts of a training's step; the training is good for nothing else afterwards."""
    step = trainer.step
    step.losses.terms = {name: clock.wrapped(f"loss {name}", term) for name, term in step.losses.terms.items()}
    wraps: tuple[tuple[str, Any, str], ...] = (
        ("generator forward", trainer.generator, "forward"),
        ("recognizer", step.recognizer, "features"),
        ("recognizer", step.recognizer, "scores"),
        ("discriminator update", step, "_discriminator_gradients"),
        # What is left of this method once losses and their gradients are taken off.
        ("generator backward", step, "_generator_gradients"),
        ("gradients of the losses", step, "_judged"),
        ("gradient norms", step, "_norms"),
        ("optimizers", step, "_move"),
    )
    for name, owner, attribute in wraps:
        setattr(owner, attribute, clock.wrapped(name, getattr(owner, attribute)))


def _step(trainer: Trainer, clock: Clock, number: int) -> None:
    with clock.part("other"):
        with clock.part("data"):
            batch = trainer.feed.batch(number, trainer.group)
        trainer.step(batch, number)
        with clock.part("average"):
            trainer.average.update(trainer.generator, number)


def phases_of(config: RestorerConfig) -> dict[str, tuple[range, int]]:
    """Return per phase the steps to measure, and how many steps of the schedule it has.

    Whole lines are measured at the end of the schedule, where every loss acts.
    """
    begin, steps = first_whole_line_step(config), config.schedule.steps
    phases = {CROPS: (range(min(MEASURED, begin)), begin)} if begin else {}
    if begin < steps:
        phases[LINES] = (range(max(begin, steps - MEASURED), steps), steps - begin)
    return phases


def measure(config: RestorerConfig, samples: Sequence[LineSample], recognizer: Path, folder: Path) -> Tree:
    """Measure steps of both phases, then trace one of each into ``folder``; return the shares by part."""
    found: Tree = {}
    with process_group(config.threads or None) as group:
        for phase, (steps, length) in phases_of(config).items():
            trainer, clock = Trainer(config, samples, load_recognizer(recognizer), group), Clock()
            label(trainer, clock)
            _step(trainer, clock, steps[0])  # pays for memory and caches
            clock.seconds.clear()
            for number in steps:
                _step(trainer, clock, number)
            parts = {name: seconds / len(steps) for name, seconds in clock.seconds.items()}
            found[phase] = {"steps": length, "seconds_per_step": parts}
            _trace(trainer, clock, steps[-1], folder / f"trace-{phase.replace(' ', '-')}")
    return found


def _trace(trainer: Trainer, clock: Clock, number: int, target: Path) -> None:
    activities = [torch.profiler.ProfilerActivity.CPU]
    if trainer.group.device.type == "cuda":
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profile:
        _step(trainer, clock, number)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target.with_suffix(".json")) as path:
        profile.export_chrome_trace(str(path))
    table = profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=20)
    write_text(target.with_suffix(".txt"), table)


def shares(found: Tree) -> dict[str, float]:
    """Return each part's share of the whole training's time, the largest first; validation is not counted."""
    totals: dict[str, float] = {}
    for phase in found.values():
        for name, seconds in phase["seconds_per_step"].items():
            totals[name] = totals.get(name, 0.0) + phase["steps"] * seconds
    together = sum(totals.values())
    return {name: totals[name] / together for name in sorted(totals, key=lambda name: -totals[name])}


def markdown(found: Tree) -> str:
    """Return the table and the sentence that names the bottleneck."""
    share = shares(found)
    first = next(iter(share))
    rows = [["part", *(f"{phase}, ms per step" for phase in found), "share of the training"]]
    rows.append(["---", *["---:"] * (len(found) + 1)])
    for name, part in share.items():
        cells = [f"{1000 * phase['seconds_per_step'].get(name, 0):.1f}" for phase in found.values()]
        rows.append([name, *cells, f"{part:.1%}"])
    lengths = ", ".join(f"{phase['steps']} steps on {name}" for name, phase in found.items())
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"# Time by part\n\nBottleneck: **{first}**, {share[first]:.0%} of the training ({lengths}).\n\n{table}\n"


def profile_training(config: RestorerConfig, lines: Path, recognizer: Path, output: Path) -> str:
    """Profile a training in one process, write ``output/state/profile`` and return the table; nothing is trained.

    ``profile.json`` and ``profile.md`` have the table; ``trace-*.json`` opens in chrome://tracing or Perfetto;
    ``trace-*.txt`` lists the costliest operators.

    Raises:
        UserError: an artifact is missing, altered or does not fit the config.
    """
    folder = output / "state" / "profile"
    found = measure(config, read_lines(lines, "train"), recognizer, folder)
    write_json(folder / "profile.json", {"phases": found, "shares": shares(found), "config_digest": config.digest()})
    text = markdown(found)
    write_text(folder / "profile.md", text)
    log.info("profile in %s", folder)
    return text
