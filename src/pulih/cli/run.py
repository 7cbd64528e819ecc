"""The commands around the whole pipeline: here, or on a Kubeflow Pipelines server."""

from pathlib import Path
from typing import Annotated

import typer

from pulih.cli.request import Config, DryRun, Overrides, Request, stage_command

app = typer.Typer()
Fresh = Annotated[bool, typer.Option("--fresh", help="Reuse nothing of earlier runs.")]
Publish = Annotated[
    str | None, typer.Option(metavar="DIR", help="Copy the report and artifacts there too; s3:// or local.")
]
Host = Annotated[str | None, typer.Option(help="Kubeflow Pipelines address; PULIH_KFP_HOST for short.")]


@app.command()
@stage_command
def run(request: Request, fresh: Fresh = False, publish: Publish = None) -> None:
    """Run the whole pipeline on this machine; --output is the folder of runs (PULIH_RUNS_DIR)."""
    from pulih.common.settings import Settings

    profile = request.profile()
    runs_dir = request.output or profile.output or Settings().runs_dir
    if request.dry_run:
        from pulih.cli.dry_run import as_json, describe_run

        typer.echo(as_json(describe_run(profile, runs_dir)))
        return
    from pipelines.local import run_profile
    from pulih.cli.outcome import conclude

    conclude(run_profile(profile, runs_dir, fresh), publish)


@app.command("compile")
def compile_(output: Annotated[Path | None, typer.Option(help="Folder for the YAML files.")] = None) -> None:
    """Compile the pipelines to YAML for a Kubeflow Pipelines server."""
    from pipelines.compile import COMPILED, compile_pipelines

    for path in compile_pipelines(output or COMPILED):
        typer.echo(path)


@app.command()
def submit(config: Config = None, overrides: Overrides = None, dry_run: DryRun = False, host: Host = None) -> None:
    """Submit the pipeline to a Kubeflow Pipelines server; --set is relative to the profile."""
    from pulih.common.settings import Settings

    profile = Request(config, overrides).profile()
    settings = Settings(kfp_host=host) if host else Settings()
    if dry_run:
        from pulih.cli.dry_run import as_json, describe_submission

        typer.echo(as_json(describe_submission(profile, settings)))
        return
    from pipelines.submit import submit as send

    typer.echo(send(profile, settings))
