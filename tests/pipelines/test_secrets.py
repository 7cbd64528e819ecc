"""A key or token of this machine reaches a server only where it belongs: in the header that carries it."""

import json
from pathlib import Path

import pytest
import yaml

from pipelines.compile import compile_pipelines
from pipelines.profile import load_profile
from pipelines.submit import Order
from pulih.cli.dry_run import as_json, describe_submission
from pulih.common.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "planted-0f3a9c"


@pytest.fixture
def settings(monkeypatch):
    for name in ("S3_ACCESS_KEY", "S3_SECRET_KEY", "KFP_TOKEN"):
        monkeypatch.setenv(f"PULIH_{name}", PLANTED)
    monkeypatch.setenv("PULIH_S3_ENDPOINT", "s3.example:9000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PLANTED)
    return Settings(kfp_host="https://kfp.example")


def test_no_compiled_pipeline_holds_a_key(settings, tmp_path):
    paths = compile_pipelines(tmp_path)
    assert [path.name for path in paths if PLANTED in path.read_text()] == []
    used = [e for path in paths for e in secrets_of(path)]
    assert {entry["envVar"] for entry in used} == {"PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY"}, "by reference"


def secrets_of(path):
    _, platforms = yaml.safe_load_all(path.read_text())
    executors = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values()
    return [entry for pod in executors for secret in pod["secretAsEnv"] for entry in secret["keyToEnv"]]


def test_no_argument_of_a_run_and_no_dry_run_holds_a_key(settings):
    profile = load_profile(ROOT / "configs" / "gpu.json")
    assert PLANTED not in json.dumps(profile.arguments(on_cluster=True))
    assert PLANTED not in as_json(describe_submission(profile, settings, Order()))


def test_settings_never_show_a_key(settings):
    assert PLANTED not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()
