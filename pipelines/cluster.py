"""What a person chooses when the pipeline runs on a cluster; one spelling from the profile to the form of a run."""

from collections.abc import Callable
from typing import Any

from pydantic import Field, JsonValue, model_validator

from pulih.common.config import StageConfig
from pulih.deployment.config import PipelineRollout, Target
from pulih.trainjob.config import Kind, TrainJobConfig


class ClusterConfig(StageConfig):
    """What the tasks may use and where they run; the names are those of a chart that is installed as ``pulih``."""

    backend: Kind = Field("pod", description="pod: a training runs in its own pod; trainjob: on several nodes")
    trainjob: TrainJobConfig = Field(TrainJobConfig(), description="with backend trainjob: its nodes, their size")
    target: Target = Field("endpoint", description="endpoint: an approved restorer is deployed; trial: only tried out")
    rollout: PipelineRollout = Field(PipelineRollout(), description="with target endpoint: which one, in what steps")
    gpus: int = Field(0, ge=0, le=16, description="GPUs of each training's own pod; 0 trains on the CPU")
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

    @model_validator(mode="after")
    def _waiting_needs_no_gpu(self) -> "ClusterConfig":
        if self.backend == "trainjob" and self.gpus:
            raise ValueError(
                "gpus is 0 with backend trainjob: the pod only waits, and trainjob.gpus are those of each node"
            )
        return self

    def here(self) -> dict[str, Any]:
        """Return the parameters of a run on this machine: no nodes, and no endpoint is touched."""
        return self.resolved() | {"backend": "pod", "target": "trial"}


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
