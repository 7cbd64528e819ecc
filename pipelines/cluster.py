"""What a person chooses when the pipeline runs on a cluster; one spelling from the profile to the form of a run."""

from collections.abc import Callable
from typing import Any

from pydantic import Field, JsonValue

from pulih.common.config import StageConfig


class ClusterConfig(StageConfig):
    """What the tasks may use and where they run; the names are those of a chart that is installed as ``pulih``."""

    gpus: int = Field(0, ge=0, le=16, description="GPUs of each training; 0 trains on the CPU")
    cpu: str = Field("4", pattern=r"^[0-9]+m?$", description="CPUs of each task, e.g. 4 or 500m")
    memory: str = Field(
        "16Gi",
        pattern=r"^[0-9]+(Ki|Mi|Gi|Ti)$",
        description="memory of each task, e.g. 16Gi; what trainings share in /dev/shm counts too",
    )
    node_selector: dict[str, str] = Field(
        {}, description='labels of the nodes that trainings go to, e.g. {"accelerator": "a100"}'
    )
    tolerations: tuple[dict[str, JsonValue], ...] = Field(
        (), description='taints that trainings bear with, e.g. [{"key": "nvidia.com/gpu", "operator": "Exists"}]'
    )
    storage_secret: str = Field(
        "pulih-storage", min_length=1, description="Secret with the store's keys; the chart's is RELEASE-storage"
    )
    storage_config: str = Field(
        "pulih-storage",
        min_length=1,
        description="ConfigMap with the addresses of store and MLflow; the chart's is RELEASE-storage",
    )
    store_ca: str = Field(
        "pulih-store-ca",
        min_length=1,
        description="ConfigMap with the store's certificate authority as ca.crt, if it has its own",
    )
    pull_secret: str = Field(
        "pulih-registry", min_length=1, description="Secret of the image registry, if it asks for one"
    )


def explained(*sections: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add an explanation of every parameter to a pipeline's docstring, where the form of a run takes it from."""

    def explain(pipeline: Callable[..., Any]) -> Callable[..., Any]:
        texts = {name: f"section '{name}' of a profile, every key spelled out" for name in sections}
        texts["archive"] = "where the pages are, where they go, with which models: an ArchiveConfig"
        texts |= {"code_version": "separates the caches: `pulih submit` takes the digest of the sources"}
        texts |= {name: field.description or "" for name, field in ClusterConfig.model_fields.items()}
        named = (name for name in pipeline.__annotations__ if name != "return")
        lines = "".join(f"    {name}: {texts[name]}.\n" for name in named)
        pipeline.__doc__ = f"{pipeline.__doc__}\n\nArgs:\n{lines}"
        return pipeline

    return explain
