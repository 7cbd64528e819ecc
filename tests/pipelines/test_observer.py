"""What a run's stages are said to have done is read from the runner's own log."""

import logging

import pytest

from pipelines.observer import StageObserver, stages_of_a_run


@pytest.fixture
def root_logger():
    logger, level = logging.getLogger(), logging.getLogger().level
    logger.setLevel(logging.INFO)
    yield logger
    logger.setLevel(level)


def test_observer_follows_a_task_through_the_runners_messages(root_logger):
    from kfp.local import logging_utils
    from kfp.local.status import Status

    stages, changes = stages_of_a_run(), []
    observer = StageObserver(stages, lambda: changes.append([stage.status for stage in stages[:3]]))
    root_logger.addFilter(observer)
    try:
        logging.info(f"Executing task {logging_utils.format_task_name('synthesize')}")
        done = logging_utils.format_status(Status.SUCCESS)
        logging.info(f"Task {logging_utils.format_task_name('synthesize')} finished with status {done}")
        logging.info("Task train-recognizer cache hit (key=0123456789ab); skipping execution.")
        failed = logging_utils.format_status(Status.FAILURE)
        logging.error(f"Task {logging_utils.format_task_name('train-recognizer-2')} finished with status {failed}")
        logging.info("Executing task 'of somebody else'")
    finally:
        root_logger.removeFilter(observer)
    assert changes == [
        ["running", "pending", "pending"],
        ["done", "pending", "pending"],
        ["done", "reused", "pending"],
        ["done", "reused", "failed"],
    ]


def test_no_task_starts_after_one_that_failed(root_logger):
    stages = stages_of_a_run()
    stages[1].status = "failed"
    observer = StageObserver(stages, lambda: None)
    root_logger.addFilter(observer)
    try:
        with pytest.raises(RuntimeError, match="train-recognizer-2"):
            logging.info("Executing task 'train-recognizer-2'")
    finally:
        root_logger.removeFilter(observer)
    assert stages[2].status == "pending"


def test_stages_are_the_tasks_of_the_pipeline():
    from pipelines.training import training

    spec = training.pipeline_spec
    tasks = {
        name: task
        for dag in (spec.root.dag, spec.components["comp-condition-1"].dag)
        for name, task in dag.tasks.items()
    }
    outputs = {
        name: set(spec.components[task.component_ref.name].output_definitions.artifacts) for name, task in tasks.items()
    }
    stages = stages_of_a_run()
    assert {stage.task for stage in stages} == set(tasks) - {"condition-1"}
    for stage in stages:
        assert stage.output in outputs[stage.task]
