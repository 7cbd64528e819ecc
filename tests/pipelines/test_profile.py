"""Profiles are closed: what a file says is what the stages get."""

import json
from pathlib import Path

import pytest

from pipelines.profile import SECTIONS, load_profile
from pulih.common.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted((ROOT / "configs").glob("*.json"))


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_shipped_profile_is_valid_and_survives_kfp(path):
    from components.interface import read_config

    profile = load_profile(path)
    assert profile.name == path.stem
    through_kfp = json.loads(json.dumps(profile.arguments()), parse_int=float)
    for name in SECTIONS:
        config = profile.section(name)
        assert read_config(type(config), through_kfp[name]) == config, name


def test_all_three_profiles_are_there_and_only_quick_has_the_weak_gate():
    gates = {path.stem: load_profile(path).section("gate").registered_model for path in PROFILES}
    assert set(gates) == {"quick", "cpu", "gpu"}
    assert gates["cpu"] == gates["gpu"] != gates["quick"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_judge_is_of_another_architecture(path):
    profile = load_profile(path)
    assert profile.recognizer.architecture != profile.evaluator.architecture


def test_policy_is_read_from_beside_the_profile_or_written_out(tmp_path):
    policy = json.loads((ROOT / "configs" / "gates" / "quick.json").read_text())
    (tmp_path / "own.json").write_text(json.dumps(policy | {"name": "own"}))
    (tmp_path / "a.json").write_text(json.dumps({"gate": "own.json"}))
    (tmp_path / "b.json").write_text(json.dumps({"gate": policy | {"name": "own"}}))
    assert load_profile(tmp_path / "a.json").gate == load_profile(tmp_path / "b.json").gate
    assert load_profile(tmp_path / "a.json", ["gate.name=other"]).section("gate").name == "other"


def test_a_profile_without_a_policy_says_what_to_add(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(ConfigError, match="a gate policy"):
        load_profile(tmp_path / "a.json").arguments()


def test_code_version_separates_the_caches():
    from pulih.common.version import source_digest

    assert load_profile(PROFILES[0]).arguments()["code_version"] == source_digest()


def test_what_tasks_may_use_on_a_cluster_is_an_argument_and_counts_for_no_digest():
    plain, on_gpus = (load_profile(None, overrides) for overrides in ([], ["cluster.gpus=2"]))
    assert plain.digest() == on_gpus.digest()
    assert load_profile(ROOT / "configs" / "gpu.json").arguments()["gpus"] == 2
