import pytest

from pulih.common.errors import ConfigError
from pulih.common.settings import Settings
from pulih.data import manifest
from pulih.recognizer.config import RecognizerConfig
from pulih.trainjob.task import make_task


@pytest.fixture
def settings():
    return Settings(s3_endpoint="s3.example:9000", s3_bucket="pulih")


def test_addresses_end_with_digests_of_what_they_hold(settings, tiny_lines, small):
    task = make_task("recognizer", small, {"lines": tiny_lines}, settings)
    digest = manifest.read_manifest(tiny_lines).digest()
    assert task.sources == {"lines": f"s3://pulih/trainjobs/inputs/lines-{digest}"}
    assert task.output.startswith("s3://pulih/trainjobs/recognizer-")
    assert task.output.endswith("/artifact")


def test_equal_trainings_have_one_name_and_others_another(settings, tiny_lines, small):
    sources = {"lines": tiny_lines}
    name = make_task("recognizer", small, sources, settings).name
    assert make_task("recognizer", small, sources, settings).name == name
    assert make_task("recognizer", RecognizerConfig(seed=5), sources, settings).name != name
    # Trainer adds -node-0-0, and a host name has at most 63 characters.
    assert len(name) <= 40


@pytest.mark.parametrize("lacking", ["s3_endpoint", "s3_bucket"])
def test_without_a_store_nodes_share_nothing(settings, tiny_lines, small, lacking):
    with pytest.raises(ConfigError, match="share nothing but the store"):
        make_task("recognizer", small, {"lines": tiny_lines}, settings.model_copy(update={lacking: None}))
