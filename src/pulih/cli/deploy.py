"""The commands that change what a cluster serves."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pulih.cli.champion import MODEL_NAME
from pulih.cli.request import DryRun

if TYPE_CHECKING:
    from pulih.deployment.ledger import Entry
    from pulih.deployment.rollout import Plan, Rollout

app = typer.Typer()
Alias = Annotated[str, typer.Option(help="Alias of the version in the registry.")]
Model = Annotated[str, typer.Option(metavar="NAME", help="Registered model.")]
Chart = Annotated[str, typer.Option("--release", metavar="NAME", help="Name that the Helm chart is installed as.")]
Namespace = Annotated[str | None, typer.Option(metavar="NAME", help="By default that of the kubeconfig's context.")]
Context = Annotated[str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig.")]
Page = Annotated[Path | None, typer.Option(help="Page scan that the model must restore; by default a drawn one.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="A=B", help="E.g. steps=[5,50], or steps=[].")]


@dataclass(frozen=True)
class Target:
    """Which endpoint is meant, and how it is changed."""

    release: str
    namespace: str | None
    context: str | None
    page: Path | None
    overrides: list[str]


@app.command()
def deploy(  # noqa: PLR0913, PLR0917 - one option each
    alias: Alias = "champion",
    model: Model = MODEL_NAME,
    release: Chart = "pulih",
    namespace: Namespace = None,
    context: Context = None,
    page: Page = None,
    overrides: Overrides = None,
    dry_run: DryRun = False,
) -> None:
    """Serve a registered version on a cluster: checked, in steps, and taken back when a step fails."""
    from pulih.common.settings import Settings
    from pulih.deployment.release import resolved
    from pulih.deployment.takeover import stoppable
    from pulih.stores.tracking import Tracking

    rollout = opened(Target(release, namespace, context, page, overrides or []))
    with resolved(Tracking(Settings()), model, alias, rollout.pattern.models) as candidate:
        plan = rollout.plan(candidate.release)
        if dry_run:
            typer.echo(_as_json(plan))
            return
        with stoppable():
            entry = rollout.deploy(candidate, plan)
    typer.echo(_told(rollout, entry))


@app.command()
def rollback(
    release: Chart = "pulih",
    namespace: Namespace = None,
    context: Context = None,
    page: Page = None,
    overrides: Overrides = None,
) -> None:
    """Put the version that was served before back, at once."""
    from pulih.deployment.takeover import stoppable

    rollout = opened(Target(release, namespace, context, page, overrides or []))
    with stoppable():
        entry = rollout.roll_back()
    typer.echo(_told(rollout, entry))


def opened(target: Target) -> "Rollout":
    """Connect to cluster and store and read what the chart says of the endpoint; nothing is changed.

    Raises:
        ClusterError, StoreError, ConfigError: one of them is not there, not complete, or refuses.
    """
    from pulih.common.config import build_config
    from pulih.deployment.config import RolloutConfig
    from pulih.deployment.takeover import open_rollout
    from pulih.stores.cluster import Cluster

    config = build_config(RolloutConfig, {}, target.overrides)
    return open_rollout(Cluster.connect(target.context, target.namespace), target.release, config, target.page)


def _as_json(plan: "Plan") -> str:
    from pulih.cli.dry_run import as_json

    stages = [{"traffic": percent, "manifest": manifest} for percent, manifest in plan.stages]
    return as_json({"release": plan.release.model_dump(), "replaces": plan.former is not None, "stages": stages})


def _told(rollout: "Rollout", entry: "Entry") -> str:
    version = f"version {entry.release.version} of {entry.release.model} (restorer {entry.release.digest})"
    return (
        f"{rollout.pattern.name} in {rollout.cluster.namespace} serves {version}; entry {entry.sequence} of the ledger"
    )
