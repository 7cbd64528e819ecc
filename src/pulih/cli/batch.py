"""The command that restores whole archives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pulih.cli.inference import Model, Restorer, restorer_folder
from pulih.cli.request import Config, DryRun, Overrides, fetched, with_options
from pulih.common.errors import InputError

app = typer.Typer()
Input = Annotated[str, typer.Argument(metavar="INPUT", help="Folder, glob, list, s3://, METS or IIIF file.")]
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder or s3:// prefix for the answers.")]
Recognizer = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Recognizer that judges what is shown restored, and reads."),
]
Mode = Annotated[
    Literal["keep-paper", "clean-paper", "binary"] | None,
    typer.Option(help="The page's own paper, white paper, or black on white."),
]
Format = Annotated[
    Literal["auto", "png", "tiff", "jpeg"] | None, typer.Option(help="auto: a TIFF stays one, all else becomes PNG.")
]
Quality = Annotated[int | None, typer.Option(min=1, max=100, help="Of JPEG.")]
Recursive = Annotated[bool, typer.Option("--recursive", help="Also the folders below.")]
Xml = Annotated[bool, typer.Option("--xml", help="Take PAGE or ALTO files beside the images along.")]
Read = Annotated[
    Literal["no", "missing", "replace"] | None,
    typer.Option(help="Write what --recognizer reads into PAGE or ALTO: lines without text, or all of them."),
]
Confidence = Annotated[
    bool, typer.Option("--confidence", help="Also write where the network was unsure, as a picture.")
]
Group = Annotated[str | None, typer.Option(metavar="USE", help="File group of a METS file that is read.")]
Iiif = Annotated[str | None, typer.Option(metavar="URL", help="Write a IIIF manifest; OUTPUT is served there.")]
IiifScans = Annotated[str | None, typer.Option(metavar="URL", help="INPUT is served there, for the manifest.")]
Workers = Annotated[int | None, typer.Option(min=0, max=256, help="Processes; one per core when not given.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, help="Seconds for one file.")]
Retries = Annotated[int | None, typer.Option(min=0, max=10, help="Further attempts after a time-out or crash.")]
Missing = Annotated[Literal["SKIP", "COPY", "ABORT"] | None, typer.Option(help="What to do about a page that fails.")]
Existing = Annotated[
    Literal["SKIP", "OVERWRITE", "ABORT"] | None, typer.Option(help="What to do about an output of another run.")
]
MaxFailed = Annotated[float | None, typer.Option(min=0, max=1, help="Share of failed pages that ends the batch.")]


@dataclass(frozen=True)
class BatchOptions:
    """The options of the batch command; what is None was not given, and the config decides."""

    restorer: Restorer = None
    model: Model = None
    recognizer: Recognizer = None
    mode: Mode = None
    format: Format = None
    quality: Quality = None
    recursive: Recursive = False
    xml: Xml = False
    read: Read = None
    confidence: Confidence = False
    group: Group = None
    iiif: Iiif = None
    iiif_scans: IiifScans = None
    workers: Workers = None
    timeout: Timeout = None
    retries: Retries = None
    missing_output: Missing = None
    existing_output: Existing = None
    max_failed: MaxFailed = None
    config: Config = None
    overrides: Overrides = None
    dry_run: DryRun = False

    def values(self) -> dict[str, Any]:
        """Return what was given, as the keys of a BatchConfig."""
        page = {name: getattr(self, name) for name in ("mode", "format", "quality", "read")}
        page |= {"xml": self.xml or None, "confidence": self.confidence or None}
        names = ("group", "iiif", "iiif_scans", "workers", "timeout", "retries", "max_failed")
        whole = {name: getattr(self, name) for name in names}
        whole |= {"missing_output": self.missing_output, "existing_output": self.existing_output}
        whole["recursive"] = self.recursive or None
        given = {name: value for name, value in whole.items() if value is not None}
        return given | {"page": {name: value for name, value in page.items() if value is not None}}


@app.command()
@with_options(BatchOptions)
def batch(options: BatchOptions, source: Input, output: Output) -> None:
    """Restore whole archives: parallel, resumable, harmless; see docs/archives.md."""
    from pulih.batch.batch import FOLDER, LOG, Artifacts, run_batch
    from pulih.common.logging import configure_logging
    from pulih.stores.paths import local_output, publish
    from pulih.stores.urls import is_s3

    config = _config(options)
    if options.dry_run:
        typer.echo(config.model_dump_json(indent=2))
        return
    place = local_output(output)
    artifacts = Artifacts(
        restorer_folder(options.restorer, options.model), fetched(options.recognizer) if options.recognizer else None
    )
    configure_logging(place / FOLDER / LOG)
    destination = str(output) if is_s3(output) else None
    conclusion = run_batch(config, source, place, artifacts, destination)
    if destination:
        for name in ("report.html", "failed.txt", "failed.json", "summary.json"):
            publish(place / FOLDER / name, f"{destination.rstrip('/')}/{FOLDER}/{name}")
    typer.echo(f"{conclusion.progress.sentence()}\nOpen {place / FOLDER / 'report.html'}")
    failed = len(conclusion.of("failed"))
    if failed:
        fix = f"{place / FOLDER / 'failed.txt'} says why; the others are done."
        raise InputError(f"{conclusion.progress.total} pages that can be restored", f"{failed} that cannot", fix)


def _config(options: BatchOptions) -> Any:
    from pulih.batch.config import BatchConfig
    from pulih.common.config import build_config, read_json

    values = read_json(options.config) if options.config else {}
    given = options.values()
    values["page"] = values.get("page", {}) | given.pop("page")
    return build_config(BatchConfig, values | given, options.overrides or [])
