"""The shared options resolve a profile's section, typed and closed."""

import json

import pytest

from pulih.cli.request import fetched
from pulih.data import manifest


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "tiny.json"
    values = {"recognizer": {"steps": 7}, "inputs": {"lines": "some/lines"}, "output": "some/output"}
    path.write_text(json.dumps(values))
    return path


def dry_run(pulih, *arguments):
    code, out, _ = pulih(*arguments, "--dry-run")
    assert code == 0
    return json.loads(out)


def test_section_inputs_and_output_come_from_one_file(pulih, profile, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    plan = dry_run(pulih, "train-recognizer", "--config", profile)
    assert plan["config"]["steps"] == 7
    assert plan["inputs"] == {"lines": {"path": "some/lines", "digest": None}}
    assert plan["output"] == "some/output"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.json"]


def test_options_go_before_the_file_and_set_is_typed(pulih, profile):
    overrides = ["--set", "steps=9", "--set", "curriculum.start=0.5", "--set", "architecture=recurrent"]
    plan = dry_run(pulih, "train-recognizer", "--config", profile, *overrides, "--lines", "other", "--output", "there")
    assert (plan["config"]["steps"], plan["config"]["curriculum"]["start"]) == (9, 0.5)
    assert plan["config"]["architecture"] == "recurrent"
    assert (plan["inputs"]["lines"]["path"], plan["output"]) == ("other", "there")


def test_the_second_recognizer_has_a_section_of_its_own(pulih, profile):
    assert dry_run(pulih, "train-recognizer", "--config", profile)["config"]["steps"] == 7
    evaluator = dry_run(pulih, "train-recognizer", "--config", profile, "--section", "evaluator")
    assert evaluator["config"]["steps"] != 7
    assert evaluator["section"] == "evaluator"


def test_digest_names_the_config_and_not_what_changes_no_result(pulih):
    plain = dry_run(pulih, "synthesize")
    assert dry_run(pulih, "synthesize", "--set", "workers=3")["config_digest"] == plain["config_digest"]
    assert dry_run(pulih, "synthesize", "--set", "workers=3")["config"]["workers"] == 3
    assert dry_run(pulih, "synthesize", "--set", "seed=3")["config_digest"] != plain["config_digest"]


def test_digest_follows_what_is_in_the_users_text_files(pulih, tmp_path):
    texts = tmp_path / "letters.txt"
    digests = []
    for text in ("aan de heer gouverneur generaal", "surat kepada tuan gubernur"):
        texts.write_text(text)
        digests.append(dry_run(pulih, "synthesize", "--set", f"text_files={json.dumps([str(texts)])}")["config_digest"])
    assert len(set(digests)) == 2


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("stepz=3", ["recognizer.stepz", "recognizer.steps"]),
        ("curriculum.strat=3", ["recognizer.curriculum.strat", "recognizer.curriculum.start"]),
        ("steps=many", ["recognizer.steps", "integer", "many"]),
        ("steps=0", ["recognizer.steps", "greater than or equal to 1"]),
        ("steps", ["--set a.b=value"]),
    ],
)
def test_a_wrong_override_is_the_users_fault_and_named(pulih, profile, override, words):
    code, out, err = pulih("train-recognizer", "--config", profile, "--set", override, "--dry-run")
    assert (code, out) == (2, "")
    assert [word for word in words if word not in err] == []


def test_a_wrong_key_anywhere_in_the_profile_is_refused(pulih, tmp_path):
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({"recognizer": {}, "restorer": {"weights": {"pixle": 1}}}))
    code, _, err = pulih("train-recognizer", "--config", path, "--dry-run")
    assert code == 2
    assert "restorer.weights.pixle" in err
    assert "restorer.weights.pixel" in err


@pytest.mark.parametrize("text", ["{", "[1]", None])
def test_a_file_that_is_no_profile_is_the_users_fault(pulih, tmp_path, text):
    path = tmp_path / "broken.json"
    if text is not None:
        path.write_text(text)
    code, _, err = pulih("train-recognizer", "--config", path, "--dry-run")
    assert code == 2
    assert str(path) in err


def test_a_missing_folder_is_named_with_both_ways_to_give_it(pulih):
    code, _, err = pulih("train-recognizer", "--output", "somewhere")
    assert code == 2
    assert "--lines" in err
    assert "inputs.lines" in err


def test_dry_run_of_several_processes_shows_torchrun(pulih, profile):
    plan = dry_run(pulih, "train-recognizer", "--config", profile, "--set", "processes=2")
    assert "-m torch.distributed.run --standalone --nproc-per-node=2 -m pulih.recognizer.train" in plan["command"]
    assert plan["devices"]["cpu_cores"] >= 1
    assert plan["estimate"]["seconds"] > 0
    assert plan["estimate"]["basis"]


def test_a_stage_writes_its_artifact_to_the_store_and_the_next_one_reads_it(pulih, place):
    tiny = {"train": 4, "validation": 0, "test_seen": 0, "test_unseen": 0, "pages": 0, "workers": 1}
    tiny |= {"min_width": 96, "max_width": 96}
    overrides = [part for name, value in tiny.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    code, out, err = pulih("synthesize", *overrides, "--output", place / "lines")
    assert code == 0, err
    assert str(place / "lines") in out
    lines = fetched(place / "lines")
    assert manifest.verify(lines, "lines").facts["lines"]["train"] == 4


def test_an_address_with_nothing_there_is_named(pulih, place, tmp_path):
    code, _, err = pulih("train-recognizer", "--lines", place / "nothing", "--output", tmp_path / "reader")
    assert code == 2
    assert "nothing" in err
