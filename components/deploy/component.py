"""The deployment of an approved restorer as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def deploy(  # noqa: PLR0913, PLR0917 - KFP wires every artifact as a parameter
    config: dict, target: str, rollout: dict, code_version: str,
    lines: dsl.Input[dsl.Dataset], restorer: dsl.Input[dsl.Model], registration: dsl.Input[dsl.Artifact],
    deployment: dsl.Output[dsl.Artifact], endpoint: dsl.Output[dsl.Artifact], metrics: dsl.Output[dsl.Metrics],
) -> None:  # fmt: skip
    """Try the restorer out on one page; with ``target`` endpoint it then takes over the endpoint of the cluster."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.deployment import page, stage, takeover
    from pulih.deployment.config import DeploymentConfig, Takeover

    settings, wanted = read_config(DeploymentConfig, config), {"target": target, "rollout": rollout}
    chosen = page.page_to_send(settings.page, Path(lines.path))
    sealed = stage.deploy(settings, Path(restorer.path), chosen, Path(deployment.path))
    served = takeover.take_over(read_config(Takeover, wanted), Path(registration.path), Path(endpoint.path))
    show_figures(metrics, {**sealed.facts, **served})
