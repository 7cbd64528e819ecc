"""What a task needs on a cluster beyond its image. The local runner takes no notice of any of it."""

from dataclasses import dataclass
from typing import Any

from kfp import kubernetes
from kfp.dsl import PipelineTask

HOUR = 3600
GPU = "nvidia.com/gpu"
USER = 65532
# kfp-kubernetes 2.17 takes sizes of volumes and time-outs only when a pipeline is compiled, not as run parameters.
SHARED_MEMORY, SCRATCH = "8Gi", "50Gi"
RETRIES, BACKOFF, GROWTH, LONGEST = 2, "60s", 2.0, "900s"
CA_MOUNT = "/etc/pulih/ca"
KEYS = ("PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY")
ADDRESSES = (
    "PULIH_S3_ENDPOINT",
    "PULIH_S3_SECURE",
    "PULIH_S3_REGION",
    "PULIH_S3_BUCKET",
    "PULIH_S3_CA_FILE",
    "PULIH_CHECKPOINTS",
    "PULIH_MLFLOW_URI",
    "PULIH_MLFLOW_ARTIFACTS",
)


@dataclass(frozen=True)
class Place:
    """``ClusterConfig`` while a pipeline is traced: run parameters instead of values."""

    cpu: Any
    memory: Any
    storage_secret: Any
    storage_config: Any
    store_ca: Any
    pull_secret: Any
    gpus: Any = 0
    node_selector: Any = None
    tolerations: Any = None

    def settle(self, task: PipelineTask, hours: int) -> PipelineTask:
        """Give a task resources, keys and addresses of the store, scratch, a user that is not root, and a time-out."""
        # Without this a task inside of a condition is told of parameters that its group is not given.
        task.register_pipeline_channels([self.cpu, self.memory])
        for limit in (task.set_cpu_request, task.set_cpu_limit):
            limit(self.cpu)
        for limit in (task.set_memory_request, task.set_memory_limit):
            limit(self.memory)
        # Optional, so that public buckets need no Secret, and no MLflow server no address.
        kubernetes.use_secret_as_env(task, self.storage_secret, {key: key for key in KEYS}, optional=True)
        kubernetes.use_config_map_as_env(task, self.storage_config, {key: key for key in ADDRESSES}, optional=True)
        kubernetes.use_config_map_as_volume(task, self.store_ca, CA_MOUNT, optional=True)
        kubernetes.set_image_pull_secrets(task, [self.pull_secret])
        kubernetes.empty_dir_mount(task, "scratch", "/tmp", size_limit=SCRATCH)  # noqa: S108 - of the container
        kubernetes.set_security_context(task, run_as_user=USER, run_as_group=USER, run_as_non_root=True)
        kubernetes.set_timeout(task, hours * HOUR)
        return kubernetes.add_pod_label(task, "app.kubernetes.io/part-of", "pulih")

    def train(self, task: PipelineTask, hours: int) -> PipelineTask:
        """Settle a training: GPUs, the nodes that have them, and room in memory for what its processes share."""
        self.settle(task, hours).set_accelerator_type(GPU).set_accelerator_limit(self.gpus)
        kubernetes.empty_dir_mount(task, "shared-memory", "/dev/shm", medium="Memory", size_limit=SHARED_MEMORY)  # noqa: S108
        kubernetes.add_node_selector_json(task, self.node_selector)
        kubernetes.add_toleration_json(task, self.tolerations)
        # A node pool that shrinks would otherwise move a training that has days behind it.
        kubernetes.add_pod_annotation(task, "cluster-autoscaler.kubernetes.io/safe-to-evict", "false")
        return self.repeat(task)

    def settle_fresh(self, *tasks: PipelineTask, hours: int = 6) -> None:
        """Settle tasks that never come from the cache: they ask or change the outside world, e.g. who is champion."""
        for task in tasks:
            self.settle(task, hours).set_caching_options(False)

    @staticmethod
    def repeat(task: PipelineTask) -> PipelineTask:
        """Try a failed or pre-empted task again, a training from its checkpoint, after growing pauses."""
        return task.set_retry(RETRIES, BACKOFF, GROWTH, LONGEST)
