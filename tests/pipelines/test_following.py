"""A run is followed to its end, against a server on the loopback that answers as a Kubeflow Pipelines API does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.following import Follower, RunFailed, conclude
from pipelines.server import Server
from pulih.common.errors import GateRefused, StoreError
from pulih.common.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-valid-token"


def task(name, state, pod="", children=()):
    children = [{"pod_name": child} for child in children]
    return {"display_name": name, "state": state, "pod_name": pod or name, "child_tasks": children}


def run(state, *tasks, **others):
    return 200, {"run_id": "r1", "state": state, "run_details": {"task_details": list(tasks)}, **others}


def component(name, state):
    """A task as Argo has it: driver, component, and the pod below it."""
    driver = task(f"{name}-driver", "SUCCEEDED")
    return driver, task(name, state, children=[f"{name}-pod"]), task("executor", state, f"{name}-pod")


def follow(server, token=TOKEN):
    told = []
    settings = Settings(kfp_host=f"http://127.0.0.1:{server.server_port}", kfp_token=token)
    found = Follower(Server(settings), "r1", told.append, poll_seconds=0.05).until_ended()
    return found, told


def test_states_are_told_when_they_change_and_logs_under_the_tasks_name(server):
    server.runs = [
        run("PENDING"),
        run("RUNNING", task("root", "RUNNING"), *component("synthesize", "RUNNING")),
        run("RUNNING", task("root", "RUNNING"), *component("synthesize", "RUNNING")),
        run("SUCCEEDED", task("root", "SUCCEEDED"), *component("synthesize", "SUCCEEDED")),
    ]
    server.logs = {"synthesize-pod": b"32 lines\nof 61 fonts"}
    found, told = follow(server)
    assert found["state"] == "SUCCEEDED"
    states = [line.split() for line in told if "|" not in line]
    assert states == [["synthesize", "RUNNING"], ["synthesize", "SUCCEEDED"]]
    assert [line for line in told if "|" in line] == ["synthesize | 32 lines", "synthesize | of 61 fonts"]


def test_a_second_attempt_is_told_under_the_same_name(server):
    first, second = task("executor(0)", "FAILED", "p0"), task("executor(1)", "SUCCEEDED", "p1")
    both = task("executor", "SUCCEEDED", "node", ["p0", "p1"])
    server.runs = [run("SUCCEEDED", task("train-restorer", "SUCCEEDED", children=["node"]), both, first, second)]
    server.logs = {"p0": b"killed", "p1": b"resumed at step 120", "node": b""}
    _, told = follow(server)
    assert {"train-restorer | killed", "train-restorer | resumed at step 120"} <= set(told)


def test_a_task_without_a_log_does_not_hide_how_the_run_ended(server):
    server.runs = [run("FAILED", *component("drift", "FAILED"))]
    found, told = follow(server)
    assert found["state"] == "FAILED"
    assert [line.split() for line in told] == [["drift", "FAILED"]]


def test_a_server_that_is_away_for_a_moment_is_asked_again(server):
    server.runs = [run("RUNNING"), (503, {}), (502, {}), run("SUCCEEDED")]
    assert follow(server)[0]["state"] == "SUCCEEDED"


def test_a_token_that_is_no_longer_taken_ends_the_watch(server):
    server.runs = [run("RUNNING")]
    with pytest.raises(StoreError, match=r"401.*PULIH_KFP_TOKEN_FILE"):
        follow(server, "expired")


def ended(state, *tasks, **others):
    return run(state, *(part for name, told in tasks for part in component(name, told)), **others)[1]


def test_a_registered_restorer_was_approved():
    told = conclude(ended("SUCCEEDED", ("gate", "SUCCEEDED"), ("register", "SUCCEEDED")), "ADDRESS", gated=True)
    assert "approved" in told
    assert "ADDRESS" in told


@pytest.mark.parametrize("skipped", [(), (("approved", "SKIPPED"),), (("register", "SKIPPED"),)])
def test_a_gate_after_which_nothing_was_registered_has_refused(skipped):
    with pytest.raises(GateRefused, match="ADDRESS"):
        conclude(ended("SUCCEEDED", ("gate", "SUCCEEDED"), *skipped), "ADDRESS", gated=True)


def test_a_run_that_tells_of_no_gate_is_not_called_approved():
    with pytest.raises(RunFailed, match="does not tell"):
        conclude(ended("SUCCEEDED"), "ADDRESS", gated=True)


def test_a_pipeline_without_a_gate_is_just_done():
    assert conclude(ended("SUCCEEDED", ("drift", "SUCCEEDED")), "ADDRESS", gated=False) == "done: ADDRESS"


def test_a_failed_run_names_its_tasks_and_its_reason():
    failed = ended("FAILED", ("gate", "SUCCEEDED"), ("register", "FAILED"), error={"message": "OOMKilled"})
    with pytest.raises(RunFailed, match=r"FAILED in register.*OOMKilled.*ADDRESS"):
        conclude(failed, "ADDRESS", gated=True)


def test_a_cancelled_run_is_not_a_success():
    with pytest.raises(RunFailed, match="CANCELED"):
        conclude(ended("CANCELED"), "ADDRESS", gated=False)


@pytest.mark.slow
def test_the_command_follows_and_leaves_with_the_gates_exit_code(server):
    server.runs = [run("SUCCEEDED", *component("gate", "SUCCEEDED"))]
    server.logs = {"gate-pod": b"PSNR 12 < 30"}
    command = [Path(sys.executable).with_name("pulih"), "submit", "--wait", "--config", ROOT / "configs" / "quick.json"]
    place = {"PULIH_KFP_HOST": f"http://127.0.0.1:{server.server_port}", "PULIH_KFP_TOKEN": TOKEN}
    done = subprocess.run(command, env=os.environ | place, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "gate | PSNR 12 < 30" in done.stdout
    assert "refused" in done.stderr
