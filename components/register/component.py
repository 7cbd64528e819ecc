"""Registration of an approved restorer as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def register(
    config: dict,
    code_version: str,
    restorer: dsl.Input[dsl.Model],
    evaluation: dsl.Input[dsl.Artifact],
    decision: dsl.Input[dsl.Artifact],
    registration: dsl.Output[dsl.Artifact],
) -> None:
    """Register the restorer and move the champion alias; RegistryConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config
    from pulih.registry import stage
    from pulih.registry.config import RegistryConfig

    settings = read_config(RegistryConfig, config)
    sources = (Path(restorer.path), Path(evaluation.path), Path(decision.path))
    stage.register(settings, *sources, Path(registration.path))
