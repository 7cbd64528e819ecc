"""KFP's local runner as `pulih run` uses it, on pipelines of two or three tiny tasks."""

import builtins
import logging
import time

import pytest
from kfp import dsl

from pipelines.kfp_local import run_pipeline, without_retries
from pipelines.observer import StageObserver, StageRecord
from pipelines.place import Place

task = dsl.component(base_image="python", install_kfp_package=False)


@task
def write(text: str, note: dsl.Output[dsl.Artifact]) -> None:
    from pathlib import Path

    print("\x1b[92mwriting\x1b[0m", text)  # noqa: T201 - what a task prints is under test
    Path(note.path).write_text(text)


@task
def fail_on(text: str, note: dsl.Input[dsl.Artifact]) -> None:
    from pathlib import Path

    assert Path(note.path).read_text() != text, "it is the word"


@dsl.pipeline
def two_tasks(text: str, word: str) -> dsl.Artifact:
    made = write(text=text)
    fail_on(text=word, note=made.outputs["note"]).set_retry(3, "600s")
    return made.outputs["note"]


def stages():
    return [StageRecord("writer", "write", "note", "note"), StageRecord("critic", "fail-on", "", "")]


@dsl.pipeline
def two_tasks_on_gpus(text: str, word: str, cpu: str = "1", memory: str = "1Gi", gpus: int = 2) -> dsl.Artifact:
    place = Place(
        cpu, memory, "a-secret", "addresses", "authority", "registry", gpus, {"disk": "fast"}, [{"key": "gpu"}]
    )
    made = place.train(write(text=text), 1)
    with dsl.If(text == "hello"):
        place.settle_fresh(fail_on(text=word, note=made.outputs["note"]))
    return made.outputs["note"]


@pytest.fixture
def run(tmp_path):
    def go(text, word, pipeline=two_tasks):
        records = stages()
        level = logging.getLogger().level
        logging.getLogger().setLevel(logging.INFO)
        try:
            observer = StageObserver(records, lambda: None)
            log = tmp_path / "run.log"
            made = run_pipeline(pipeline, {"text": text, "word": word}, tmp_path / "kfp" / "run", log, observer)
        except RuntimeError as err:
            made = err
        finally:
            logging.getLogger().setLevel(level)
        return made, [stage.status for stage in records], log.read_text()

    return go


def test_artifacts_come_back_and_everything_is_logged_without_colours(run):
    printed = builtins.print
    made, statuses, log = run("hello", "nothing")
    assert (made["Output"].read_text(), statuses) == ("hello", ["done", "done"])
    assert "writing hello" in log
    assert "\x1b" not in log
    assert builtins.print is printed


def test_what_a_cluster_is_told_changes_nothing_on_this_machine(run, recwarn):
    made, statuses, _ = run("hello", "nothing", two_tasks_on_gpus)
    assert (made["Output"].read_text(), statuses) == ("hello", ["done", "done"])
    assert [str(warning.message) for warning in recwarn if "no effect" in str(warning.message)] == []


def test_an_equal_task_is_taken_from_the_cache_and_a_changed_one_is_not(run):
    run("hello", "nothing")
    made, statuses, log = run("hello", "something")
    assert (made["Output"].read_text(), statuses) == ("hello", ["reused", "done"])
    assert log.count("writing hello") == 1
    assert run("other", "something")[1] == ["done", "done"]


def test_a_failing_task_is_not_tried_again_and_its_reason_is_in_the_log(run):
    started = time.monotonic()
    made, statuses, log = run("hello", "hello")
    assert isinstance(made, RuntimeError)
    assert statuses == ["done", "failed"]
    assert "AssertionError: it is the word" in log
    assert time.monotonic() - started < 60


def test_retries_are_taken_out_of_a_copy_only():
    def retries(pipeline):
        return pipeline.pipeline_spec.root.dag.tasks["fail-on"].retry_policy.max_retry_count

    assert retries(without_retries(two_tasks)) == 0
    assert retries(two_tasks) == 3
