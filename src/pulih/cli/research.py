"""The commands of research: what benchmarks found, as claims, pages and searches."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
research = typer.Typer(help="Turn finished benchmarks into claims and tables; search for better settings.")
app.add_typer(research, name="research")


@research.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUNS...", help="Outputs of make benchmark-restoration, -reading.")
    ],
    output: Annotated[Path, typer.Option(metavar="DIR", help="Where tables, figures and text go.")] = Path("paper"),
) -> None:
    """Write every comparison of finished benchmarks as a claim with its interval: LaTeX, figures, text."""
    from pulih.research.report.document import write_report

    claims = write_report(runs, output)
    shown = sum(claim.shown for claim in claims)
    typer.echo(f"{len(claims)} comparisons, {shown} shown, {len(claims) - shown} not; in {output}")


@research.command()
def results(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Stored results.json, claims.json, ...")],
    output: Annotated[Path, typer.Option(metavar="FILE.md", help="The page to write.")] = Path("docs/results.md"),
) -> None:
    """Write one page of tables from stored result files."""
    from pulih.common.files import write_text
    from pulih.research.results import render

    write_text(output, render(files))
    typer.echo(f"{len(files)} results in {output}")


@research.command()
def search(  # noqa: PLR0913, PLR0917 - one option each
    config: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Settings; without it the defaults.")] = None,
    lines: Annotated[Path, typer.Option(help="Artifact made by synthesize.")] = Path("runs/latest/lines"),
    recognizer: Annotated[Path, typer.Option(help="Artifact made by train-recognizer.")] = Path(
        "runs/latest/recognizer"
    ),
    trials: Annotated[int, typer.Option(min=1, help="How many trials the study has in the end.")] = 20,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the study.")] = Path("runs/search"),
    seeds: Annotated[int, typer.Option(min=0, help="Train base and best again with so many further seeds.")] = 0,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="A.B=C", help="Lay over the settings.")
    ] = None,
) -> None:
    """Search loss weights and learning rates by short trainings; a stopped search goes on."""
    from pulih.cli.request import fetched
    from pulih.common.config import build_config, read_json
    from pulih.common.logging import configure_logging
    from pulih.research.search import stage
    from pulih.research.search.config import SearchConfig

    settings = build_config(SearchConfig, read_json(config) if config else {}, overrides or [])
    configure_logging(output / "search.log")
    found = stage.search(settings, fetched(lines), fetched(recognizer), trials, output, seeds)
    best = found["best"]
    text = "no trial was complete" if best is None else f"best: trial {best['number']} with {best['psnr']:.2f} dB"
    typer.echo(f"{len(found['trials'])} trials; {text}; in {output}")
