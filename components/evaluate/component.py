"""Evaluation of a restorer as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def evaluate(  # noqa: PLR0913, PLR0917 - KFP wires every artifact as a parameter
    config: dict,
    code_version: str,
    lines: dsl.Input[dsl.Dataset],
    restorer: dsl.Input[dsl.Model],
    evaluator: dsl.Input[dsl.Model],
    evaluation: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
) -> None:
    """Measure a restorer with a recognizer that took no part in its loss; EvaluationConfig lists the keys."""
    from pathlib import Path

    from components.interface import read_config, show_figures, show_page
    from pulih.evaluation import stage
    from pulih.evaluation.config import EvaluationConfig

    settings = read_config(EvaluationConfig, config)
    sources = (Path(lines.path), Path(restorer.path), Path(evaluator.path))
    sealed = stage.evaluate(settings, *sources, Path(evaluation.path))
    show_figures(metrics, sealed.facts)
    show_page(report, Path(evaluation.path) / "report.html")
