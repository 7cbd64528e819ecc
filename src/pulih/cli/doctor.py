"""The command that checks the surroundings."""

from typing import Annotated

import typer

app = typer.Typer()
Cluster = Annotated[bool, typer.Option("--cluster", help="Check a Kubernetes cluster instead of this machine.")]
Chart = Annotated[str, typer.Option("--release", metavar="NAME", help="Name that the Helm chart is installed as.")]
Namespace = Annotated[str | None, typer.Option(metavar="NAME", help="By default that of the kubeconfig's context.")]
Context = Annotated[str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig.")]
Inside = Annotated[
    bool, typer.Option("--inside", help="With --cluster: check stores and servers from a pod too; it is removed again.")
]
Connections = Annotated[bool, typer.Option("--connections", help="Check only stores and servers.")]
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of a table.")]


@app.command()
def doctor(  # noqa: PLR0913, PLR0917 - one option each
    cluster: Cluster = False,
    release: Chart = "pulih",
    namespace: Namespace = None,
    context: Context = None,
    inside: Inside = False,
    connections: Connections = False,
    json: Json = False,
) -> None:
    """Check stores, fonts, devices, disk and memory; with --cluster a Kubernetes cluster."""
    from pulih.common.errors import UserError
    from pulih.doctor.examination import CHECKS, CONNECTIONS, as_json, examine, exit_code, show

    if cluster:
        from pulih.doctor.cluster import examine_cluster

        findings = examine_cluster(context, namespace, release, inside)
    else:
        findings = examine(CONNECTIONS if connections else CHECKS)
    if json:
        typer.echo(as_json(findings))
    else:
        show(findings)
    if exit_code(findings) != 0:
        raise typer.Exit(UserError.exit_code)
