"""A trial deployment as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def deploy(
    config: dict,
    code_version: str,
    lines: dsl.Input[dsl.Dataset],
    restorer: dsl.Input[dsl.Model],
    deployment: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Serve the restorer, send it one page, keep its answer; DeploymentConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.deployment import page, stage
    from pulih.deployment.config import DeploymentConfig

    settings = read_config(DeploymentConfig, config)
    chosen = page.page_to_send(settings.page, Path(lines.path))
    sealed = stage.deploy(settings, Path(restorer.path), chosen, Path(deployment.path))
    show_figures(metrics, sealed.facts)
