"""The training pipeline as compiled, by KFP's DockerRunner in containers; the restorer's is killed while it trains."""

import json
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass

import pytest
from engine.here import PROFILE
from engine.podman import TRAINING, USER
from engine.surroundings import ROOT, Surroundings, held_for_docker, run_and_wait

from pulih.common.config import read_json
from pulih.data import manifest


@dataclass
class Outcome:
    """What is left of a run of the pipeline: its artifacts, its log, what containers were like, and the servers."""

    artifacts: dict
    log: str
    containers: list
    killed: list
    surroundings: Surroundings


class Watch(threading.Thread):
    """Looks at every container of a task, and kills the restorer's first one once its checkpoint is in the store."""

    def __init__(self, podman, surroundings):
        super().__init__(daemon=True)
        self.podman, self.surroundings = podman, surroundings
        self.seen, self.killed, self.over = {}, [], threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            for name in self.podman("ps", "--quiet", "--filter=label=" + "=".join(self.podman.label)).split():
                found = self.podman.try_("inspect", name)
                if found.returncode == 0:
                    self._look(name, json.loads(found.stdout)[0])

    def _look(self, name, container):
        self.seen[name] = container
        trains = "train_restorer" in " ".join(container["Config"]["Cmd"])
        if trains and not self.killed and any("restorer-" in key for key in self.surroundings.checkpoints()):
            self.podman("kill", "--signal=KILL", name)
            self.killed.append(name)


def compiled_pipeline():
    """Load what is checked in, with pauses between attempts that suit a test."""
    from kfp import components

    pipeline = components.load_component_from_file(str(ROOT / "pipelines" / "compiled" / "training.yaml"))
    spec = pipeline.component_spec.implementation.graph
    for graph in (spec.root.dag, *(component.dag for component in spec.components.values())):
        for task in graph.tasks.values():
            if task.HasField("retry_policy"):
                task.retry_policy.backoff_duration.seconds = 1
    return pipeline


@pytest.fixture(scope="module")
def surroundings(podman, planted):
    servers = Surroundings(podman, planted)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="module")
def outcome(podman, packages, surroundings, tmp_path_factory):
    from kfp import local

    from pipelines.kfp_local import finished_artifacts, run_pipeline
    from pipelines.observer import StageObserver, stages_of_a_run
    from pipelines.profile import load_profile

    folder = tmp_path_factory.mktemp("containers")
    (folder / "containers.json").write_text(json.dumps(PROFILE))
    root = folder / "kfp" / "run"
    root.mkdir(parents=True)
    shutil.chown(root, *map(int, USER.split(":")))
    runner = local.DockerRunner(**held_for_docker(podman, packages, surroundings.variables()))
    arguments = load_profile(folder / "containers.json").arguments()
    watch = Watch(podman, surroundings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", surroundings.docker_host)
        patch.setattr("kfp.local.docker_task_handler.run_docker_container", run_and_wait)
        watch.start()
        try:
            run_pipeline(compiled_pipeline(), arguments, root, folder / "log", StageObserver([], list), runner)
        finally:
            watch.over.set()
            watch.join()
    artifacts = finished_artifacts(root, stages_of_a_run())
    return Outcome(artifacts, (folder / "log").read_text(), [*watch.seen.values()], watch.killed, surroundings)


@pytest.fixture(scope="module")
def local_run(run_here):
    """The folder of the same profile's run by ``pulih run``, in processes of this machine."""
    return run_here.folder()


def test_the_killed_training_goes_on_from_its_checkpoint_in_another_container(outcome):
    assert len(outcome.killed) == 1
    fetched = re.search(r"continuing from the checkpoint at s3://models/checkpoints/restorer-\w+\.pt", outcome.log)
    assert fetched, outcome.log[-3000:]
    resumed = re.search(r"resumed at step (\d+) of 240", outcome.log[fetched.end() :])
    assert 0 < int(resumed[1]) < 240
    trainings = [c for c in outcome.containers if "train_restorer" in " ".join(c["Config"]["Cmd"])]
    assert len(trainings) == 2
    assert read_json(outcome.artifacts["restorer"] / "metrics.json")["steps"] == 240
    assert not outcome.surroundings.checkpoints()


def test_artifacts_are_equal_in_kind_to_those_of_a_local_run(outcome, local_run):
    assert set(outcome.artifacts) == {stage.name for stage in local_run.iterdir() if (stage / manifest.NAME).is_file()}
    for name, folder in outcome.artifacts.items():
        ours, theirs = manifest.read_manifest(folder), manifest.read_manifest(local_run / name)
        manifest.verify(folder, theirs.kind)
        assert (ours.kind, ours.config_digest, set(ours.facts)) == (
            theirs.kind,
            theirs.config_digest,
            set(theirs.facts),
        )
        assert set(ours.files) == set(theirs.files), name


def test_the_same_lines_come_out_of_a_container(outcome, local_run):
    ours, theirs = (manifest.read_manifest(place) for place in (outcome.artifacts["lines"], local_run / "lines"))
    assert ours.files == theirs.files


def test_no_container_has_root_a_capability_or_a_writable_root(outcome):
    assert len(outcome.containers) >= 9
    for container in outcome.containers:
        assert container["Config"]["User"] == USER
        assert container["HostConfig"]["ReadonlyRootfs"]
        assert not container["HostConfig"]["Privileged"]
        assert container["EffectiveCaps"] in (None, [])
        assert container["BoundingCaps"] in (None, [])
        assert container["HostConfig"]["Memory"] == 4 * 2**30
        assert container["ImageName"] == TRAINING


def test_the_restorer_is_registered_with_the_tracking_server(outcome):
    registration = read_json(outcome.artifacts["registration"] / "registration.json")
    database = outcome.surroundings.folder / "mlflow.db"
    import sqlite3

    rows = sqlite3.connect(database).execute("select name, version from model_versions").fetchall()
    assert (registration["registered_model"], int(registration["version"])) in rows


def files_with(value, *folders):
    """Return the files below ``folders`` that hold ``value``."""
    done = subprocess.run(
        ["grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", value, *map(str, folders)],
        capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.split()


def test_the_stores_key_is_in_no_log_pipeline_artifact_or_tracking_database(outcome, planted, tmp_path):
    (tmp_path / "with").write_text(f"key={planted}")
    assert files_with(planted, tmp_path) == [str(tmp_path / "with")], "the search itself works"
    places = [next(iter(outcome.artifacts.values())).parents[1], outcome.surroundings.folder / "mlflow-artifacts"]
    places += [outcome.surroundings.folder / name for name in ("mlflow.db", "mlflow.log", "api.log")]
    assert files_with(planted, ROOT / "pipelines" / "compiled", *places) == []
    assert planted not in outcome.log
    # Where Kubernetes would put it, and nowhere else.
    said = [json.dumps({**c, "Config": {**c["Config"], "Env": []}}) for c in outcome.containers]
    assert not any(planted in text for text in said)
