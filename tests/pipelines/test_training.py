"""The pipelines compile to what a server takes, and what is checked in is what they compile to."""

import json
import re
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from pipelines.cluster import ClusterConfig
from pipelines.compile import COMPILED, compile_pipelines
from pulih.common.config import build_config
from pulih.common.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
APPROVED = ("register", "deploy", "drift")
TRAININGS = {"exec-train-recognizer", "exec-train-recognizer-2", "exec-train-restorer"}


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


@pytest.fixture(scope="module")
def pods(compiled):
    """What each executor of the training pipeline asks of Kubernetes; an unknown field would not parse."""
    _, platforms = yaml.safe_load_all(compiled[0].read_text())
    executors = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return {
        name: json_format.ParseDict(values, kubernetes_executor_config_pb2.KubernetesExecutorConfig())
        for name, values in executors.items()
    }


def test_every_pipeline_parses_as_a_pipeline_spec(compiled):
    names = set()
    for path in compiled:
        document, platforms = yaml.safe_load_all(path.read_text())
        names.add(json_format.ParseDict(document, pipeline_spec_pb2.PipelineSpec()).pipeline_info.name)
        json_format.ParseDict(platforms, pipeline_spec_pb2.PlatformSpec())
    assert names == {"pulih-training", "pulih-drift", "pulih-batch"}


def test_one_struct_parameter_per_section(spec):
    from pipelines.profile import SECTIONS

    parameters = spec.root.input_definitions.parameters
    assert set(parameters) == {*SECTIONS, "code_version", *ClusterConfig.model_fields}
    struct = pipeline_spec_pb2.ParameterType.STRUCT
    structs = {name for name, parameter in parameters.items() if parameter.parameter_type == struct}
    assert structs == {*SECTIONS, "node_selector", "trainjob", "rollout"}


def test_registry_deployment_and_drift_run_only_on_approval(spec):
    root, approved = spec.root.dag.tasks, spec.components["comp-condition-1"].dag.tasks
    condition = root["condition-1"].trigger_policy.condition
    assert condition == "inputs.parameter_values['pipelinechannel--gate-Output'] == 'true'"
    assert set(approved) == {"register", "deploy", "drift"}
    assert list(approved["deploy"].dependent_tasks) == ["register"]
    registration = approved["deploy"].inputs.artifacts["registration"].task_output_artifact
    assert (registration.producer_task, registration.output_artifact_key) == ("register", "registration")
    assert list(approved["drift"].dependent_tasks) == ["deploy"]


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


def test_form_of_a_run_explains_every_field_and_proposes_what_the_profile_would(spec):
    parameters = spec.root.input_definitions.parameters
    assert [name for name, parameter in parameters.items() if not parameter.description] == []
    proposed = {name: json_format.MessageToDict(parameters[name].default_value) for name in ClusterConfig.model_fields}
    # A key that is left out has its default; spelled out, they would come in another order each time.
    assert proposed == ClusterConfig().resolved() | {"tolerations": [], "trainjob": {}, "rollout": {}}


def test_no_pod_runs_as_root_or_for_ever_and_scratch_is_bounded(pods, spec):
    assert set(pods) == {f"exec-{name}" for name in [*spec.root.dag.tasks, *APPROVED] if name != "condition-1"}
    for name, pod in pods.items():
        context = pod.security_context
        assert (context.run_as_user, context.run_as_group, context.run_as_non_root) == (65532, 65532, True), name
        assert 0 < pod.active_deadline_seconds <= 7 * 24 * 3600
        assert all(mount.size_limit for mount in pod.empty_dir_mounts)


def test_keys_of_the_store_come_by_reference_from_the_secret_that_the_run_names(pods, compiled):
    for pod in pods.values():
        [secret] = pod.secret_as_env
        assert secret.secret_name_parameter.component_input_parameter.endswith("storage_secret")
        assert {entry.secret_key for entry in secret.key_to_env} == {"PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY"}
        assert pod.image_pull_secret[0].secret_name_parameter.component_input_parameter.endswith("pull_secret")


def test_only_trainings_get_gpus_their_nodes_and_shared_memory(pods, compiled):
    document = next(yaml.safe_load_all(compiled[0].read_text()))
    executors = document["deploymentSpec"]["executors"]
    asked = {name: e["container"]["resources"].get("accelerator") for name, e in executors.items()}
    assert {name for name, accelerator in asked.items() if accelerator} == TRAININGS
    for name in TRAININGS:
        assert asked[name]["resourceType"] == "nvidia.com/gpu"
        assert "gpus" in asked[name]["resourceCount"]
    shared = {
        name: [m.medium for m in pod.empty_dir_mounts if m.mount_path == "/dev/shm"] for name, pod in pods.items()
    }
    assert {name for name, media in shared.items() if media == ["Memory"]} == TRAININGS
    placed = {n for n, p in pods.items() if p.tolerations and p.node_selector.node_selector_json.ByteSize()}
    assert placed == TRAININGS
    kept = {n for n, p in pods.items() if any("safe-to-evict" in key for key in p.pod_metadata.annotations)}
    assert kept == TRAININGS, "a shrinking node pool moves no training"


def test_cluster_form_deploys_and_the_local_one_only_tries_out(spec):
    from pipelines.profile import load_profile

    assert json_format.MessageToDict(spec.root.input_definitions.parameters["target"].default_value) == "endpoint"
    profile = load_profile(ROOT / "configs" / "gpu.json", ["cluster.backend=trainjob", "cluster.gpus=0"])
    assert {n: profile.arguments()[n] for n in ("target", "backend")} == {"target": "trial", "backend": "pod"}
    submitted = profile.arguments(on_cluster=True)
    assert {n: submitted[n] for n in ("target", "backend")} == {"target": "endpoint", "backend": "trainjob"}
    quick = load_profile(ROOT / "configs" / "quick.json").arguments(on_cluster=True)
    assert quick["target"] == "trial", "a model of minutes never reaches the endpoint by itself"


def test_trainings_take_their_backend_from_the_run(spec):
    for name in ("train-recognizer", "train-recognizer-2", "train-restorer"):
        parameters = spec.root.dag.tasks[name].inputs.parameters
        taken = {key: parameters[key].component_input_parameter for key in ("backend", "trainjob")}
        assert taken == {"backend": "backend", "trainjob": "trainjob"}


def test_a_pod_that_waits_for_nodes_asks_for_no_gpu():
    with pytest.raises(ConfigError, match="the pod only waits"):
        build_config(ClusterConfig, {"backend": "trainjob", "gpus": 2})


@pytest.mark.parametrize("number", [0, 1])
def test_every_parameter_that_a_task_reads_is_one_that_its_group_has(compiled, number):
    document, platforms = yaml.safe_load_all(compiled[number].read_text())
    pods = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    groups = [document["root"], *(c for c in document["components"].values() if "dag" in c)]
    for group in groups:
        known = set(group["inputDefinitions"]["parameters"])
        for name, task in group["dag"]["tasks"].items():
            executor = document["components"][task["componentRef"]["name"]].get("executorLabel")
            read = set(re.findall(r"componentInputParameter: (\S+)", yaml.safe_dump([task, pods.get(executor)])))
            inside = set(re.findall(r"parameters\['+([^']+)'", json.dumps(task)))
            assert read <= known, f"{name} reads {read - known}"
            assert inside <= set(task["inputs"]["parameters"]), name
