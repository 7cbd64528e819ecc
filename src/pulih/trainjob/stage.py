"""A training as the orchestrator's task starts it: here, or on the nodes of a TrainJob that is waited for."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulih.common.config import StageConfig
from pulih.common.errors import ClusterError, Interrupted
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data.manifest import Manifest
from pulih.stores.cluster import Cluster
from pulih.stores.s3 import ObjectStore
from pulih.trainjob.config import Backend, TrainJobConfig
from pulih.trainjob.job import Job, manifest_of
from pulih.trainjob.task import Exchange, make_task
from pulih.trainjob.trainings import TRAININGS, Product
from pulih.trainjob.watching import Watch

log = get_logger(__name__)
GONE_SECONDS = 300.0


def train(kind: Product, config: StageConfig, sources: dict[str, Path], output: Path, backend: Backend) -> Manifest:
    """Train a recognizer or a restorer where ``backend`` says, and leave its artifact in ``output``.

    With ``trainjob`` inputs, checkpoints and artifact go through the object store. A finished training is only
    fetched, one that is under way is followed, a failed one is started again and goes on from its checkpoint.

    Raises:
        TrainingFailed: it failed on the nodes; the end of their logs is in the message.
        Interrupted: SIGTERM or Ctrl-C; the TrainJob was deleted, which makes its pods save their state.
        ClusterError, StoreError, ConfigError: cluster, store or runtime is not there, or refuses.
        UserError: as the stages themselves.
    """
    if backend.kind == "pod":
        return TRAININGS[kind].train(config, *sources.values(), output)
    settings = Settings()
    task = make_task(kind, config, sources, settings)
    exchange = Exchange(ObjectStore.from_settings(settings), task)
    if not exchange.is_finished():
        cluster = Cluster.connect(namespace=backend.trainjob.namespace or None)
        exchange.hand_over(sources)
        _carry_out(Job(cluster, task.name), exchange, backend.trainjob)
    return exchange.fetch(output)


def _carry_out(job: Job, exchange: Exchange, config: TrainJobConfig) -> None:
    job.check_runtime(config.runtime)
    with _deleted_when_stopped(job):
        state, _ = job.state()
        if state == "active":
            log.info("following the TrainJob %s, which is at work", job.name)
        else:
            _remove(job, config.poll_seconds)
            job.create(manifest_of(job.name, exchange.task_url, config))
            log.info("TrainJob %s in %s: %d nodes", job.name, job.cluster.namespace, config.nodes)
        Watch(job, config.poll_seconds).until_complete()
    job.delete()


def _remove(job: Job, poll_seconds: float) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    job.delete()
    while not job.is_gone():
        if time.monotonic() > deadline:
            fix = "Look at its finalizers and pods, then run the task again."
            raise ClusterError(f"the former TrainJob {job.name} gone within {GONE_SECONDS:g} s", "it there", fix)
        time.sleep(poll_seconds)


@contextmanager
def _deleted_when_stopped(job: Job) -> Iterator[None]:
    def stop(_number: int, _frame: object) -> None:
        raise Interrupted(f"the TrainJob {job.name} was deleted; run the task again to continue from its checkpoint")

    former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except Interrupted:
        job.delete()
        raise
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
