"""The drift check as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def drift(
    config: dict,
    code_version: str,
    lines: dsl.Input[dsl.Dataset],
    drift: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
) -> None:
    """Compare the synthetic reference with the archive; DriftConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_figures, show_page
    from pulih.drift import stage
    from pulih.drift.config import DriftConfig

    sealed = stage.detect(read_config(DriftConfig, config), Path(lines.path), Path(drift.path))
    show_figures(metrics, sealed.facts)
    show_page(report, Path(drift.path) / "drift.html")
