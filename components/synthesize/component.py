"""Synthesis of line pairs as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def synthesize(
    config: dict, code_version: str, lines: dsl.Output[dsl.Dataset], metrics: dsl.Output[dsl.Metrics]
) -> None:
    """Make lines and pages; SynthesisConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures
    from pulih.synthesis import stage
    from pulih.synthesis.config import SynthesisConfig

    sealed = stage.synthesize(read_config(SynthesisConfig, config), Path(lines.path))
    show_figures(metrics, sealed.facts)
