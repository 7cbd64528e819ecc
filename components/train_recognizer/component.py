"""Training of a recognizer as a pipeline task; used for the one in the loss and for the one that judges."""

from kfp import dsl

from components.images import training_component


@training_component
def train_recognizer(
    config: dict,
    code_version: str,
    lines: dsl.Input[dsl.Dataset],
    recognizer: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Train a recognizer; RecognizerConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.recognizer import stage
    from pulih.recognizer.config import RecognizerConfig

    sealed = stage.train(read_config(RecognizerConfig, config), Path(lines.path), Path(recognizer.path))
    show_figures(metrics, sealed.facts)
