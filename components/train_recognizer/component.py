"""Training of a recognizer as a pipeline task; used for the one in the loss and for the one that judges."""

from kfp import dsl

from components.images import training_component


@training_component
def train_recognizer(  # noqa: PLR0913, PLR0917 - KFP wires every artifact as a parameter
    config: dict,
    code_version: str,
    backend: str,
    trainjob: dict,
    lines: dsl.Input[dsl.Dataset],
    recognizer: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Train a recognizer; RecognizerConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.recognizer.config import RecognizerConfig
    from pulih.trainjob import stage
    from pulih.trainjob.config import Backend

    settings, sources = read_config(RecognizerConfig, config), {"lines": Path(lines.path)}
    place = read_config(Backend, {"kind": backend, "trainjob": trainjob})
    sealed = stage.train("recognizer", settings, sources, Path(recognizer.path), place)
    show_figures(metrics, sealed.facts)
