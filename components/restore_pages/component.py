"""Restoration of one part of an archive as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def restore_pages(  # noqa: PLR0913, PLR0917 - inputs and outputs of a task
    config: dict,
    code_version: str,
    part: int,
    pages: dsl.Input[dsl.Dataset],
    batch: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
) -> None:
    """Restore the pages of a part; ArchiveConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures, show_page
    from pulih.batch import stage
    from pulih.batch.config import ArchiveConfig

    sealed = stage.restore_part(read_config(ArchiveConfig, config), Path(pages.path), part, Path(batch.path))
    show_figures(metrics, sealed.facts)
    show_page(report, Path(batch.path) / "report.html")
