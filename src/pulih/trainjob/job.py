"""The TrainJob of a task: the object, its state, its pods."""

from dataclasses import dataclass
from typing import Any, Literal

from pulih.common.errors import ClusterError
from pulih.stores.cluster import PODS, TRAIN_JOBS, TRAINING_RUNTIMES, Cluster
from pulih.stores.urls import S3Url
from pulih.trainjob.config import TrainJobConfig

GPU = "nvidia.com/gpu"
# Kubeflow Trainer makes a JobSet of the same name, with one replicated job of this name and one container of it.
SELECTOR, CONTAINER = "jobset.sigs.k8s.io/jobset-name", "node"
INDEX = "batch.kubernetes.io/job-completion-index"
MANAGER = "pulih.invalid/task"
State = Literal["absent", "active", "suspended", "complete", "failed"]
ENDS: dict[str, State] = {"Complete": "complete", "Failed": "failed", "Suspended": "suspended"}


def manifest_of(name: str, task_url: S3Url, config: TrainJobConfig) -> dict[str, Any]:
    """Return the object; image, keys, volumes and security are those of the chart's TrainingRuntime."""
    amounts = {"cpu": config.cpu, "memory": config.memory} | ({GPU: config.gpus} if config.gpus else {})
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "pulih"}},
        "spec": {
            "runtimeRef": {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": config.runtime},
            "trainer": {
                "numNodes": config.nodes,
                # Without it Trainer starts one process per CPU.
                "numProcPerNode": max(1, config.gpus),
                "command": ["python", "-m", "pulih.trainjob.node"],
                "args": [str(task_url)],
                "resourcesPerNode": {"requests": amounts, "limits": amounts},
            },
        }
        | _placing(config),
    }


def _placing(config: TrainJobConfig) -> dict[str, Any]:
    wishes = {"nodeSelector": config.node_selector, "tolerations": list(config.tolerations)}
    pods = {name: value for name, value in wishes.items() if value}
    if not pods:
        return {}
    jobs = [{"name": CONTAINER, "template": {"spec": {"template": {"spec": pods}}}}]
    patch = {"template": {"spec": {"replicatedJobs": jobs}}}
    return {"runtimePatches": [{"manager": MANAGER, "trainingRuntimeSpec": patch}]}


@dataclass(frozen=True)
class Job:
    """A TrainJob by its name."""

    cluster: Cluster
    name: str

    def check_runtime(self, runtime: str) -> None:
        """Raise ClusterError when the TrainingRuntime is not there, or nothing of Kubeflow Trainer is."""
        if self.cluster.get(TRAINING_RUNTIMES, runtime) is None:
            fix = "Install Kubeflow Trainer 2 and upgrade the chart with --set trainjob.enabled=true, or backend=pod."
            where = f"the TrainingRuntime {runtime} in {self.cluster.namespace}"
            raise ClusterError(where, "none", fix)

    def create(self, made: dict[str, Any]) -> None:
        """Create it, whole."""
        self.cluster.apply(TRAIN_JOBS, made)

    def delete(self) -> None:
        """Remove it; its pods get SIGTERM and save their state."""
        self.cluster.delete(TRAIN_JOBS, self.name)

    def state(self) -> tuple[State, str]:
        """Return its state and what Trainer says of that."""
        found = self.cluster.get(TRAIN_JOBS, self.name)
        if found is None or found["metadata"].get("deletionTimestamp"):
            return "absent", "it is gone"
        for condition in found.get("status", {}).get("conditions") or []:
            if condition["status"] == "True" and condition["type"] in ENDS:
                return ENDS[condition["type"]], f"{condition['reason']}: {condition['message']}"
        return "active", ""

    def is_gone(self) -> bool:
        """Whether neither it nor one of its pods is there any more."""
        return self.cluster.get(TRAIN_JOBS, self.name) is None and not self.pods()

    def pods(self) -> list[dict[str, Any]]:
        """Return its pods, that of the first node first, older ones before newer ones."""
        found = self.cluster.list(PODS, f"{SELECTOR}={self.name}")
        return sorted(found, key=lambda pod: (node_of(pod), pod["metadata"]["creationTimestamp"]))


def node_of(pod: dict[str, Any]) -> int:
    """Return the number of the node that a pod plays in its training."""
    labels, annotations = pod["metadata"].get("labels", {}), pod["metadata"].get("annotations", {})
    return int(labels.get(INDEX, annotations.get(INDEX, "0")))


def trouble_of(pod: dict[str, Any]) -> str:
    """Return why a pod waits or ended badly, empty when it does neither."""
    status = pod.get("status", {})
    for one in status.get("containerStatuses") or []:
        state = one.get("state", {})
        if (ended := state.get("terminated")) and ended["exitCode"] != 0:
            return f"{ended.get('reason', 'Error')}, exit code {ended['exitCode']}"
        if (waits := state.get("waiting")) and waits.get("reason") not in (None, "ContainerCreating"):
            return f"{waits['reason']}: {waits.get('message', '')}".strip(": ")
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"{condition.get('reason', 'not scheduled')}: {condition.get('message', '')}".strip(": ")
    return str(status.get("reason") or status.get("message") or "") if status.get("phase") == "Failed" else ""
