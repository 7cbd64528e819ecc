import pytest

from pulih.common.errors import ConfigError
from pulih.common.settings import Settings
from pulih.data import manifest
from pulih.stores.s3 import ObjectStore
from pulih.trainjob import node
from pulih.trainjob.task import Exchange, make_task


@pytest.fixture
def handed_over(bucket, tiny_lines, small, tmp_path, monkeypatch):
    """A task in the store, as the waiting pod leaves it."""
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "node"))
    settings = Settings()
    task = make_task("recognizer", small, {"lines": tiny_lines}, settings)
    exchange = Exchange(ObjectStore.from_settings(settings), task)
    exchange.hand_over({"lines": tiny_lines})
    return task, exchange


def test_first_node_trains_and_publishes_and_another_one_only_helps(handed_over, small, tmp_path, monkeypatch):
    _, exchange = handed_over
    monkeypatch.setenv("PET_NODE_RANK", "1")
    node.main([str(exchange.task_url)])
    assert not exchange.is_finished()
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "first"))
    monkeypatch.setenv("PET_NODE_RANK", "0")
    node.main([str(exchange.task_url)])
    assert exchange.is_finished()
    sealed = exchange.fetch(tmp_path / "fetched")
    assert sealed.config_digest == small.digest()
    assert manifest.verify(tmp_path / "fetched", "recognizer") == sealed


def test_a_node_with_other_code_refuses_and_names_both(handed_over):
    task, _ = handed_over
    with pytest.raises(ConfigError, match=r"the code 0123 in .*images\.training"):
        node.work(task.model_copy(update={"code": "0123"}), 0)
