"""The pipelines compile to what a server takes, and what is checked in is what they compile to."""

from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from pipelines.compile import COMPILED, compile_pipelines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return compile_pipelines(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="module")
def spec(compiled):
    document = next(yaml.safe_load_all(compiled[0].read_text()))
    return json_format.ParseDict(document, pipeline_spec_pb2.PipelineSpec())


def test_checked_in_yaml_is_fresh(compiled):
    assert sorted(path.name for path in COMPILED.glob("*.yaml")) == sorted(path.name for path in compiled)
    for path in compiled:
        assert (COMPILED / path.name).read_text() == path.read_text(), "stale: run 'make compile'"


def test_both_pipelines_parse_as_a_pipeline_spec(compiled):
    names = set()
    for path in compiled:
        [document] = yaml.safe_load_all(path.read_text())
        names.add(json_format.ParseDict(document, pipeline_spec_pb2.PipelineSpec()).pipeline_info.name)
    assert names == {"pulih-training", "pulih-drift"}


def test_one_struct_parameter_per_section(spec):
    from pipelines.profile import SECTIONS

    parameters = spec.root.input_definitions.parameters
    assert set(parameters) == {*SECTIONS, "code_version"}
    struct = pipeline_spec_pb2.ParameterType.STRUCT
    assert {name for name, parameter in parameters.items() if parameter.parameter_type == struct} == set(SECTIONS)


def test_registry_deployment_and_drift_run_only_on_approval(spec):
    root, approved = spec.root.dag.tasks, spec.components["comp-condition-1"].dag.tasks
    condition = root["condition-1"].trigger_policy.condition
    assert condition == "inputs.parameter_values['pipelinechannel--gate-Output'] == 'true'"
    assert set(approved) == {"register", "deploy", "drift"}
    assert list(approved["deploy"].dependent_tasks) == ["register"]


def test_the_judge_is_another_recognizer_than_the_one_in_the_loss(spec):
    tasks = spec.root.dag.tasks
    in_the_loss = tasks["train-restorer"].inputs.artifacts["recognizer"].task_output_artifact.producer_task
    judge = tasks["evaluate"].inputs.artifacts["evaluator"].task_output_artifact.producer_task
    assert {in_the_loss, judge} == {"train-recognizer", "train-recognizer-2"}
    sections = {
        name: tasks[name].inputs.parameters["config"].component_input_parameter for name in (in_the_loss, judge)
    }
    assert sections == {in_the_loss: "recognizer", judge: "evaluator"}


def test_caching_and_retries_are_what_the_components_say(spec):
    tasks = dict(spec.root.dag.tasks) | dict(spec.components["comp-condition-1"].dag.tasks)
    for name, task in tasks.items():
        if name == "condition-1":
            continue
        folder = name.removesuffix("-2").replace("-", "_")
        metadata = yaml.safe_load((ROOT / "components" / folder / "metadata.yaml").read_text())
        found = {"caching": task.caching_options.enable_cache, "retries": task.retry_policy.max_retry_count}
        assert found == {key: metadata[key] for key in found}, name
