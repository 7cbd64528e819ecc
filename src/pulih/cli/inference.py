"""The commands that use a trained restorer, and the one that checks the surroundings."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pulih.common.errors import InputError

app = typer.Typer()
Restorer = Annotated[Path | None, typer.Option(metavar="DIR", help="Restorer to use instead of the champion.")]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="Registered model whose champion to use.")]


@app.command()
def restore(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Page scans: PNG, JPEG or TIFF.")],
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the restored pages.")] = Path("restored"),
    restorer: Restorer = None,
    model: Model = None,
    paper: Annotated[Literal["keep", "white"], typer.Option(help="Keep the paper, or write on white.")] = "keep",
) -> None:
    """Restore page scans; one that cannot be read does not stop the others."""
    from pulih.cli.restoring import restore_files
    from pulih.restorer.infer import Restorer as Network

    failures = restore_files(Network.load(_folder(restorer, model)), files, output, paper)
    if failures:
        fix = "The messages above name them; the other files are restored."
        raise InputError(f"{len(files)} images that can be read", f"{failures} that cannot", fix)


@app.command()
def serve(
    restorer: Restorer = None,
    model: Model = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="HTTP port.")] = 8080,
) -> None:
    """Serve the restorer over HTTP (V1 and V2 inference protocol) until Ctrl-C."""
    import os
    import sys

    folder = _folder(restorer, model)
    typer.echo(f"serving {folder} on port {port}", err=True)
    # The server replaces this process, so that signals and the exit code are its own.
    os.execv(sys.executable, [sys.executable, "-m", "serving", "--model-dir", str(folder), "--port", str(port)])


def _folder(restorer: Path | None, model: str | None) -> Path:
    if restorer is not None:
        return restorer
    from pulih.cli.champion import champion_folder
    from pulih.common.settings import Settings

    return champion_folder(Settings(), model)
