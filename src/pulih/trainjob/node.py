"""One node of a TrainJob: ``python -m pulih.trainjob.node s3://.../task.json``; PET_NODE_RANK tells which."""

import os
import sys
from collections.abc import Sequence

from pulih.common.config import build_config
from pulih.common.dist import reporting
from pulih.common.errors import ConfigError
from pulih.common.logging import configure_logging, get_logger
from pulih.common.settings import Settings
from pulih.common.version import source_digest
from pulih.stores.paths import local_input, local_output, publish
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url
from pulih.trainjob.task import Task
from pulih.trainjob.trainings import TRAININGS

log = get_logger(__name__)


def work(task: Task, node: int) -> None:
    """Do this node's part; the first one publishes the artifact.

    Raises:
        ConfigError: this image has other code than the task was made by.
        UserError, PulihError, Interrupted: as the stages.
    """
    if task.code != source_digest():
        fix = "Set images.training of the chart to the image that the pipeline runs in."
        raise ConfigError(f"the code {task.code} in the TrainingRuntime's image", source_digest(), fix)
    training = TRAININGS[task.kind]
    config = build_config(training.config, task.config)
    sources = [local_input(task.sources[name]) for name in training.sources]
    folder = local_output(task.output)
    if node > 0:
        training.assist(config, *sources, folder)
        return
    sealed = training.train(config, *sources, folder)
    publish(folder, task.output)
    log.info("%s %s published at %s", task.kind, sealed.digest(), task.output)


def main(arguments: Sequence[str]) -> None:
    """Read the task from the address that is given, and work."""
    configure_logging()
    [address] = arguments
    task = Task.model_validate_json(ObjectStore.from_settings(Settings()).read(S3Url.parse(address)))
    work(task, int(os.environ.get("PET_NODE_RANK", "0")))


if __name__ == "__main__":
    sys.exit(reporting(lambda: main(sys.argv[1:])))
