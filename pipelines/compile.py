"""Compilation of the pipelines to what a Kubeflow Pipelines server takes (IR YAML)."""

from pathlib import Path

COMPILED = Path(__file__).with_name("compiled")


def compile_pipelines(folder: Path = COMPILED) -> list[Path]:
    """Write one ``<pipeline>.yaml`` per pipeline into ``folder`` and return their paths."""
    from kfp.compiler import Compiler

    from pipelines.batch import batch
    from pipelines.drift import watch
    from pipelines.training import training

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, pipeline in (("training", training), ("drift", watch), ("batch", batch)):
        paths.append(folder / f"{name}.yaml")
        Compiler().compile(pipeline, str(paths[-1]))
    return paths
