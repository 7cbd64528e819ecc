"""The gate's decision as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def gate(  # noqa: PLR0913, PLR0917 - inputs and outputs of a task
    config: dict, code_version: str, evaluation: dsl.Input[dsl.Artifact], decision: dsl.Output[dsl.Artifact],
    rules: dsl.Output[dsl.Markdown], metrics: dsl.Output[dsl.Metrics], reading: dsl.Output[dsl.ClassificationMetrics],
) -> str:  # fmt: skip
    """Approve or refuse a restorer ("true" or "false"); GateConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config, show_confusion, show_figures, show_text
    from pulih.evaluation.confusion import CATEGORIES, readable_before_and_after
    from pulih.registry import stage
    from pulih.registry.config import GateConfig
    from pulih.registry.decision import read_decision

    sealed = stage.decide(read_config(GateConfig, config), Path(evaluation.path), Path(decision.path))
    decided = read_decision(Path(decision.path))
    show_text(rules, decided.as_markdown())
    show_figures(metrics, decided.figures())
    show_confusion(reading, CATEGORIES, readable_before_and_after(Path(evaluation.path)))
    return str(bool(sealed.facts["approved"])).lower()
