"""Training of the restorer as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def train_restorer(  # noqa: PLR0913, PLR0917 - KFP wires every artifact as a parameter
    config: dict,
    code_version: str,
    backend: str,
    trainjob: dict,
    lines: dsl.Input[dsl.Dataset],
    recognizer: dsl.Input[dsl.Model],
    restorer: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Train the restorer against a frozen recognizer; RestorerConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.restorer.config import RestorerConfig
    from pulih.trainjob import stage
    from pulih.trainjob.config import Backend

    settings, place = read_config(RestorerConfig, config), {"kind": backend, "trainjob": trainjob}
    sources = {"lines": Path(lines.path), "recognizer": Path(recognizer.path)}
    sealed = stage.train("restorer", settings, sources, Path(restorer.path), read_config(Backend, place))
    show_figures(metrics, sealed.facts)
