import pytest

from pulih.stores.urls import S3Url
from pulih.trainjob.config import TrainJobConfig
from pulih.trainjob.job import Job, manifest_of, trouble_of

URL = S3Url("pulih", "trainjobs/recognizer-1/task.json")


def test_object_says_nodes_processes_and_resources_and_leaves_the_rest_to_the_runtime():
    spec = manifest_of("job", URL, TrainJobConfig(nodes=3, gpus=4, cpu="8", memory="64Gi"))["spec"]
    assert spec["runtimeRef"] == {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": "pulih"}
    trainer = spec["trainer"]
    assert (trainer["numNodes"], trainer["numProcPerNode"], trainer["args"]) == (3, 4, [str(URL)])
    assert trainer["resourcesPerNode"]["limits"] == {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": 4}
    assert trainer["resourcesPerNode"]["requests"] == trainer["resourcesPerNode"]["limits"]
    assert "env" not in trainer
    assert "image" not in trainer
    assert "runtimePatches" not in spec


def test_without_a_gpu_a_node_has_one_process_and_asks_for_none():
    trainer = manifest_of("job", URL, TrainJobConfig(gpus=0))["spec"]["trainer"]
    assert trainer["numProcPerNode"] == 1
    assert set(trainer["resourcesPerNode"]["limits"]) == {"cpu", "memory"}


def test_nodes_and_taints_are_laid_over_the_pods_of_the_runtime():
    made = manifest_of("job", URL, TrainJobConfig(node_selector={"pool": "gpu"}, tolerations=({"key": "gpu"},)))
    [patch] = made["spec"]["runtimePatches"]
    [job] = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    assert job["name"] == "node"
    assert job["template"]["spec"]["template"]["spec"] == {
        "nodeSelector": {"pool": "gpu"},
        "tolerations": [{"key": "gpu"}],
    }


@pytest.mark.parametrize(
    ("conditions", "state"),
    [
        ((), "active"),
        ((("Complete", "done"),), "complete"),
        ((("Failed", "a node was lost"),), "failed"),
        ((("Suspended", "by hand"),), "suspended"),
    ],
)
def test_state_is_what_trainer_says(api, cluster, shapes, conditions, state):
    api.states = [shapes[0](*conditions)]
    found, why = Job(cluster, "job").state()
    assert found == state
    assert all(text in why for _, text in conditions)


def test_a_job_that_is_being_deleted_is_absent(api, cluster, shapes):
    api.states = [{"metadata": {"name": "job", "deletionTimestamp": "2026-01-01T00:00:00Z"}}]
    assert Job(cluster, "job").state()[0] == "absent"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, "OOMKilled, exit code 137"),
        ({"terminated": {"exitCode": 0, "reason": "Completed"}}, ""),
        ({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}, "ImagePullBackOff: not found"),
        ({"waiting": {"reason": "ContainerCreating"}}, ""),
    ],
)
def test_trouble_of_a_container_is_told_in_its_own_words(shapes, status, told):
    assert trouble_of(shapes[1](0, "Running", **status)) == told


def test_trouble_of_a_pod_that_is_placed_nowhere_or_was_evicted():
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: gpu"}
    assert trouble_of({"status": {"phase": "Pending", "conditions": [condition]}}) == "Unschedulable: 0/3 nodes: gpu"
    assert trouble_of({"status": {"phase": "Failed", "reason": "Evicted"}}) == "Evicted"
    assert trouble_of({"status": {"phase": "Running"}}) == ""
