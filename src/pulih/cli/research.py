"""The commands of research: what benchmarks found, as claims, pages and searches."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
research = typer.Typer(help="Turn finished benchmarks into claims and tables; search for better settings.")
app.add_typer(research, name="research")


@research.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUNS...", help="Outputs of make benchmark-restoration.")],
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
