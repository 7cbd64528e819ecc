"""The end of a run: its report, its logbook entry, a summary, and the exit code."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pulih.common.config import read_json
from pulih.common.errors import GateRefused
from pulih.common.settings import Settings

if TYPE_CHECKING:
    from pipelines.run_folder import Run


KEPT_HERE = ("lines",)  # the largest artifact, made again from its config at any time


def conclude(run: "Run", destination: str | None = None) -> None:
    """Render the report, add the logbook entry, print the summary, and copy all but the lines to ``destination``.

    Raises:
        GateRefused: the gate refused the restorer.
        StoreError: the destination cannot be written; the run itself is finished.
    """
    from pulih.report import stage as report

    page = report.render(run.folder)
    figures = read_json(run.folder / "metrics.json")
    note(run, figures)
    typer.echo(summary(run, figures))
    typer.echo(f"Open {page}")
    if destination:
        typer.echo(f"Published {_published(run.folder, destination)}")
    if run.status == "refused":
        raise GateRefused(f"the gate refused this restorer: {figures['decision']['summary']}")


def _published(folder: Path, destination: str) -> str:
    from pulih.stores.paths import publish

    place = f"{destination.rstrip('/')}/{folder.name}"
    for part in sorted(folder.iterdir()):
        if part.name not in KEPT_HERE:
            publish(part.resolve(), f"{place}/{part.name}")
    return f"{place}/report.html"


def note(run: "Run", figures: dict[str, Any]) -> None:
    """Add the run's entry to the logbook."""
    from pulih.common.version import git_commit
    from pulih.logbook.book import add_entry, entry_now

    decision = figures["decision"]["summary"] if "decision" in figures else run.failure or run.status
    points = [
        f"profile `{run.profile.name}`, config digest `{run.profile.digest()}`, commit `{git_commit()}`",
        f"decision: {decision}",
        *(
            f"{name}: {headline(facts)}"
            for name, facts in figures.items()
            if isinstance(facts, dict) and headline(facts)
        ),
    ]
    add_entry(Settings().logbook, entry_now(f"run {run.folder.name} · {run.status}", points))


def headline(facts: dict[str, Any]) -> str:
    """Return an artifact's numbers in one line."""
    numbers = {k: v for k, v in facts.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())


def summary(run: "Run", figures: dict[str, Any]) -> str:
    """Return one line per stage: what became of it, and how long it took."""
    rows = [
        f"  {s.name:<12} {s.status:<8} {s.seconds:>7.1f} s  {headline(figures.get(s.artifact, {}))}" for s in run.stages
    ]
    total = sum(stage.seconds for stage in run.stages)
    return "\n".join([f"Run {run.folder.name}: {run.status}", *rows, f"  {'together':<12} {'':<8} {total:>7.1f} s"])
