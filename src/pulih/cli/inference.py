"""The commands that use a trained restorer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pulih.cli.request import fetched
from pulih.common.errors import InputError

if TYPE_CHECKING:
    from pulih.restorer.files import RestoreOptions
    from pulih.restorer.infer import Restorer as Network

app = typer.Typer()
Files = Annotated[
    list[Path], typer.Argument(metavar="FILES...", help="Page scans (PNG, JPEG, TIFF), folders, s3:// too.")
]
Output = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder or s3:// prefix for the answers, if not beside the scans.")
]
Restorer = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Restorer to use instead of the champion; a folder or s3:// prefix.")
]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="Registered model whose champion to use.")]
Paper = Annotated[Literal["keep", "white"], typer.Option(help="Keep the page's own paper, or write on white.")]
Comparison = Annotated[bool, typer.Option("--comparison", help="Also write a before/after picture of every page.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="HTTP port.")]


@app.command()
def restore(
    files: Files,
    output: Output = None,
    restorer: Restorer = None,
    model: Model = None,
    *,
    paper: Paper = "keep",
    comparison: Comparison = False,
) -> None:
    """Restore page scans; a bad one does not stop the others."""
    from pulih.restorer.files import RestoreOptions, find_images, plan_outputs
    from pulih.restorer.infer import Restorer as Network
    from pulih.stores.paths import local_output
    from pulih.stores.urls import is_s3

    settings = RestoreOptions(paper=paper, comparison=comparison)
    if output is None and any(is_s3(path) for path in files):
        fix = "Add --output with a folder or an s3:// prefix."
        raise InputError("a place for the answers to scans from s3://", "none", fix)
    place = local_output(output) if output else None
    plan = plan_outputs(find_images([fetched(path) for path in files]), place)
    network = Network.load(restorer_folder(restorer, model))
    failures = [source for source, target in plan.items() if not _restored(source, target, network, settings, output)]
    if failures:
        fix = "The messages above say why; the others are restored."
        raise InputError(f"{len(plan)} images that can be restored", f"{len(failures)} that cannot", fix)


def _restored(source: Path, target: Path, network: "Network", settings: "RestoreOptions", output: Path | None) -> bool:
    from pulih.restorer.files import restore_file
    from pulih.stores.paths import publish
    from pulih.stores.urls import is_s3

    try:
        done = restore_file(source, target, network, settings)
    except InputError as err:
        typer.echo(f"{source}: {err}", err=True)
        return False
    for path in done.written:
        where = publish(path, f"{output}/") if output and is_s3(output) else path
        typer.echo(f"{source} -> {where}")
    return True


@app.command()
def serve(restorer: Restorer = None, model: Model = None, port: Port = 8080) -> None:
    """Serve the restorer over HTTP until Ctrl-C."""
    from pulih.deployment import server

    folder = restorer_folder(restorer, model)
    typer.echo(f"serving {folder} on port {port}", err=True)
    server.serve(folder, port)


def restorer_folder(restorer: Path | None, model: str | None) -> Path:
    """Return the folder of the restorer that was given, else of the champion."""
    if restorer is not None:
        return fetched(restorer)
    from pulih.cli.champion import champion_folder
    from pulih.common.settings import Settings

    return champion_folder(Settings(), model)
