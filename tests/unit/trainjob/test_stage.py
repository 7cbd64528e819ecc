from pulih.common.settings import Settings
from pulih.data import manifest
from pulih.stores.s3 import ObjectStore
from pulih.trainjob import node, stage
from pulih.trainjob.config import Backend
from pulih.trainjob.task import Exchange, make_task


def test_in_the_pod_the_stage_itself_trains(tiny_lines, small, tmp_path):
    sealed = stage.train("recognizer", small, {"lines": tiny_lines}, tmp_path / "out", Backend())
    assert manifest.verify(tmp_path / "out", "recognizer") == sealed


def test_what_the_nodes_have_finished_is_fetched_without_asking_the_cluster(
    bucket, tiny_lines, small, tmp_path, monkeypatch
):
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "node"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    task = make_task("recognizer", small, {"lines": tiny_lines}, Settings())
    Exchange(ObjectStore.from_settings(Settings()), task).hand_over({"lines": tiny_lines})
    node.work(task, 0)
    sealed = stage.train("recognizer", small, {"lines": tiny_lines}, tmp_path / "out", Backend(kind="trainjob"))
    assert manifest.verify(tmp_path / "out", "recognizer") == sealed
