"""The command that checks the surroundings."""

from typing import Annotated

import typer

app = typer.Typer()
Cluster = Annotated[bool, typer.Option("--cluster", help="Check a Kubernetes cluster instead of this machine.")]
Chart = Annotated[str, typer.Option("--release", metavar="NAME", help="Name that the Helm chart is installed as.")]
Namespace = Annotated[str | None, typer.Option(metavar="NAME", help="By default that of the kubeconfig's context.")]
Context = Annotated[str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig.")]


@app.command()
def doctor(
    cluster: Cluster = False, release: Chart = "pulih", namespace: Namespace = None, context: Context = None
) -> None:
    """Check stores, fonts, devices, disk and memory; with --cluster a Kubernetes cluster."""
    from pulih.common.errors import UserError
    from pulih.doctor.examination import examine, exit_code, show

    if cluster:
        from pulih.doctor.cluster import examine_cluster

        findings = examine_cluster(context, namespace, release)
    else:
        findings = examine()
    show(findings)
    if exit_code(findings) != 0:
        raise typer.Exit(UserError.exit_code)
