"""The gate's decision as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def gate(
    config: dict, code_version: str, evaluation: dsl.Input[dsl.Artifact], decision: dsl.Output[dsl.Artifact]
) -> str:
    """Approve or refuse a restorer ("true" or "false"); GateConfig lists the keys of ``config``."""
    from pathlib import Path

    from components.interface import read_config
    from pulih.registry import stage
    from pulih.registry.config import GateConfig

    sealed = stage.decide(read_config(GateConfig, config), Path(evaluation.path), Path(decision.path))
    return str(bool(sealed.facts["approved"])).lower()
