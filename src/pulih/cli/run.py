"""The commands around the whole pipeline: here, or on a Kubeflow Pipelines server."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pulih.cli.request import Config, DryRun, Overrides, Request, stage_command
from pulih.common.errors import ConfigError

app = typer.Typer()
Fresh = Annotated[bool, typer.Option("--fresh", help="Reuse nothing of earlier runs.")]
Publish = Annotated[
    str | None, typer.Option(metavar="DIR", help="Copy the report and artifacts there too; s3:// or local.")
]
Host = Annotated[str | None, typer.Option(help="Kubeflow Pipelines address; PULIH_KFP_HOST for short.")]

Pipeline = Annotated[
    Literal["training", "drift", "batch"], typer.Option(help="batch: a whole archive (section archive of the profile).")
]
Experiment = Annotated[str, typer.Option(metavar="NAME", help="Under which the run is listed.")]
RunName = Annotated[str | None, typer.Option(metavar="NAME", help="By default the profile and a digest.")]
Cron = Annotated[str | None, typer.Option(metavar="'S M H D M W'", help="Make it a recurring run, e.g. '0 0 3 * * *'.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow states and logs; the exit code is that of the gate.")]


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
def submit(  # noqa: PLR0913, PLR0917 - one option each
    pipeline: Pipeline = "training",
    config: Config = None,
    overrides: Overrides = None,
    experiment: Experiment = "pulih",
    run_name: RunName = None,
    cron: Cron = None,
    wait: Wait = False,
    dry_run: DryRun = False,
    host: Host = None,
) -> None:
    """Submit a pipeline to a Kubeflow Pipelines server; --set is relative to the profile."""
    from pipelines.submit import Order
    from pulih.common.settings import Settings

    profile = Request(config, overrides).profile()
    settings = Settings(kfp_host=host) if host else Settings()
    order = Order(pipeline, experiment, run_name, cron)
    if cron and wait:
        raise ConfigError("--cron or --wait", "both", "A recurring run has no end: leave out --wait.")
    if dry_run:
        from pulih.cli.dry_run import as_json, describe_submission

        typer.echo(as_json(describe_submission(profile, settings, order)))
        return
    from pipelines.submit import submit as send

    submitted = send(profile, settings, order)
    typer.echo(submitted.address)
    if wait:
        from pipelines.following import Follower, conclude
        from pipelines.server import Server

        ended = Follower(Server(settings), submitted.run_id, typer.echo).until_ended()
        typer.echo(conclude(ended, submitted.address, gated=pipeline == "training"))
