"""Where a training runs: in the pod of its task, or on nodes of a TrainJob that the task waits for."""

from typing import Literal

from pydantic import Field, JsonValue

from pulih.common.config import StageConfig

Kind = Literal["pod", "trainjob"]


class TrainJobConfig(StageConfig):
    """The nodes of a TrainJob; the names are those of a chart that is installed as ``pulih``."""

    nodes: int = Field(2, ge=1, le=64, description="pods of the training, one per node")
    gpus: int = Field(1, ge=0, le=16, description="GPUs, and with them processes, of each; 0 = one process on the CPU")
    cpu: str = Field("4", pattern=r"^[0-9]+m?$", description="CPUs of each, e.g. 4 or 500m")
    memory: str = Field("16Gi", pattern=r"^[0-9]+(Ki|Mi|Gi|Ti)$", description="memory of each, e.g. 16Gi")
    runtime: str = Field("pulih", min_length=1, description="TrainingRuntime; the chart's has the name of its release")
    namespace: str = Field("", description="where it and the TrainJob are; empty = where the task runs")
    node_selector: dict[str, str] = Field({}, description="labels of the nodes")
    tolerations: tuple[dict[str, JsonValue], ...] = Field((), description="taints that are borne with")
    poll_seconds: float = Field(5.0, gt=0, le=300, description="time between two looks at the TrainJob")


class Backend(StageConfig):
    """What carries a training out."""

    kind: Kind = "pod"
    trainjob: TrainJobConfig = TrainJobConfig()
