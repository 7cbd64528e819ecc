"""The figures and failures of all parts of an archive as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def conclude_batch(
    config: dict,
    code_version: str,
    parts: dsl.Input[list[dsl.Artifact]],
    batch: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Tell of all parts together; ArchiveConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import paths_of, read_config, show_figures
    from pulih.batch import stage
    from pulih.batch.config import ArchiveConfig

    sealed = stage.conclude(read_config(ArchiveConfig, config), paths_of(parts), Path(batch.path))
    show_figures(metrics, sealed.facts)
