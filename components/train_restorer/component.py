"""Training of the restorer as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def train_restorer(
    config: dict,
    code_version: str,
    lines: dsl.Input[dsl.Dataset],
    recognizer: dsl.Input[dsl.Model],
    restorer: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Train the restorer against a frozen recognizer; RestorerConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.restorer import stage
    from pulih.restorer.config import RestorerConfig

    settings, sources = read_config(RestorerConfig, config), (Path(lines.path), Path(recognizer.path))
    sealed = stage.train(settings, *sources, Path(restorer.path))
    show_figures(metrics, sealed.facts)
