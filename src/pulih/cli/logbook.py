"""The command around the logbook."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def logbook(
    count: Annotated[int, typer.Option(min=1, help="How many entries to show.")] = 5,
    add: Annotated[str | None, typer.Option(metavar="TEXT", help="Add this note instead of showing entries.")] = None,
    file: Annotated[Path | None, typer.Option(help="Another logbook than PULIH_LOGBOOK.")] = None,
) -> None:
    """Show the newest entries of the logbook, or add a note."""
    from pulih.common.settings import Settings
    from pulih.logbook import book

    path = file or Settings().logbook
    if add is not None:
        book.add_entry(path, book.entry_now("note", [add]))
        typer.echo(f"added to {path}")
        return
    entries = book.read_entries(path)
    typer.echo("\n".join(entry.markdown() for entry in entries[:count]) if entries else f"no entry in {path} yet")
