"""The commands that use a trained restorer."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pulih.cli.request import fetched, with_options
from pulih.common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulih.restorer.files import RestoredFile

    Work = Callable[[Path, Path], RestoredFile]

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
EndpointUrl = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="Endpoint that restores them: http://host:8080.")
]
Parallel = Annotated[int, typer.Option(min=1, max=64, help="Files that an endpoint gets at a time.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="HTTP port.")]


@dataclass(frozen=True)
class RestoreChoices:
    """The options of the restore command."""

    output: Output = None
    restorer: Restorer = None
    model: Model = None
    endpoint: EndpointUrl = None
    parallel: Parallel = 2
    paper: Paper = "keep"
    comparison: Comparison = False


@app.command()
@with_options(RestoreChoices)
def restore(options: RestoreChoices, files: Files) -> None:
    """Restore page scans; a bad one does not stop the others."""
    from concurrent.futures import ThreadPoolExecutor

    from pulih.restorer.files import find_images, plan_outputs
    from pulih.stores.paths import local_output
    from pulih.stores.urls import is_s3

    output = options.output
    if output is None and any(is_s3(path) for path in files):
        fix = "Add --output with a folder or an s3:// prefix."
        raise InputError("a place for the answers to scans from s3://", "none", fix)
    place = local_output(output) if output else None
    plan = plan_outputs(find_images([fetched(path) for path in files]), place)
    work = _work(options)
    with ThreadPoolExecutor(options.parallel if options.endpoint else 1) as pool:
        done = list(pool.map(lambda source: _restored(source, plan[source], work, output), plan))
    if not all(done):
        fix = "The messages above say why; the others are restored."
        raise InputError(f"{len(plan)} images that can be restored", f"{done.count(False)} that cannot", fix)


def _work(options: RestoreChoices) -> "Work":
    """Return what restores one file: the network here, or an endpoint elsewhere."""
    from pulih.restorer.files import RestoreOptions, restore_file

    settings = RestoreOptions(paper=options.paper, comparison=options.comparison)
    if options.endpoint is None:
        from pulih.restorer.infer import Restorer as Network

        network = Network.load(restorer_folder(options.restorer, options.model))
        return lambda source, target: restore_file(source, target, network, settings)
    if options.restorer or options.model:
        fix = "The endpoint has its model: drop --restorer and --model, or --endpoint."
        raise InputError("one place where pages are restored", "an endpoint and a restorer", fix)
    from pulih.client import Endpoint
    from pulih.client.files import restore_remotely

    endpoint = Endpoint(options.endpoint)
    return lambda source, target: restore_remotely(source, target, endpoint, settings)


def _restored(source: Path, target: Path, work: "Work", output: Path | None) -> bool:
    from pulih.stores.paths import publish
    from pulih.stores.urls import is_s3

    try:
        done = work(source, target)
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
