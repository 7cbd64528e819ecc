import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from pulih.common.config import StageConfig, build_config, digest_of, known_keys, read_json
from pulih.common.errors import ConfigError


class Weights(StageConfig):
    pixel: float = Field(1.0, ge=0)
    ctc: float = 0.1


class Example(StageConfig):
    steps: int = 10
    name: str = "quick"
    note: str | None = None
    resume: bool = False
    kind: Literal["a", "b"] = "a"
    languages: tuple[str, ...] = ("nl", "ms")
    weights: Weights = Weights()
    other: Weights | None = None


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("steps=20", {"steps": 20}),
        ("weights.ctc=0.5", {"weights": Weights(ctc=0.5)}),
        ("weights.ctc=2", {"weights": Weights(ctc=2.0)}),
        ("other.pixel=3", {"other": Weights(pixel=3.0)}),
        ("resume=true", {"resume": True}),
        ('languages=["id"]', {"languages": ("id",)}),
        ("kind=b", {"kind": "b"}),
        ("name=deep=er", {"name": "deep=er"}),
        ("name=1791", {"name": "1791"}),
        ("name=true", {"name": "true"}),
        ('name="quoted"', {"name": "quoted"}),
        ("note=null", {"note": None}),
        ("note=12", {"note": "12"}),
        ("name=s3://archive/voc", {"name": "s3://archive/voc"}),
    ],
)
def test_an_override_has_the_type_of_its_setting(override, value):
    assert build_config(Example, {"note": "x"}, [override]) == Example(**{"note": "x"} | value)


def test_the_last_override_wins_and_the_values_given_stay_untouched():
    values = {"weights": {"ctc": 0.3}}
    config = build_config(Example, values, ["weights.ctc=1", "weights.pixel=2", "weights.ctc=4"])
    assert config.weights == Weights(pixel=2, ctc=4)
    assert values == {"weights": {"ctc": 0.3}}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("step=20", "unknown key 'step'. Did you mean 'steps'?"),
        ("weights.cct=1", "unknown key 'weights.cct'. Did you mean 'weights.ctc'?"),
        ("wieghts.ctc=1", "unknown key 'wieghts'. Did you mean 'weights'?"),
        ("steps=many", "a valid 'steps'"),
        ("steps=1.5", "a valid 'steps'"),
        ("steps=true", "a valid 'steps'"),
        ("resume=1", "a valid 'resume'"),
        ("weights.pixel=-1", "a valid 'weights.pixel'"),
        ("weights.pixel=NaN", "a valid 'weights.pixel'"),
        ("kind=c", "a valid 'kind'"),
        ("steps.x=1", "a group of settings at 'steps'"),
        ("steps", "--set a.b=value"),
        ("=3", "--set a.b=value"),
    ],
)
def test_a_wrong_override_names_the_key_and_the_way_out(override, message):
    with pytest.raises(ConfigError) as caught:
        build_config(Example, {"steps": 3}, [override])
    assert message in str(caught.value)


def test_text_in_a_file_is_not_taken_for_a_number():
    with pytest.raises(ConfigError, match="'steps'"):
        build_config(Example, {"steps": "20"})


def test_a_config_never_changes_after_validation():
    with pytest.raises(ValueError, match="frozen"):
        Example().steps = 3


def test_the_digest_is_the_same_on_every_machine_and_day():
    assert Example().digest() == "3813ac8f9c6c"
    script = "from pulih.common.config import digest_of; print(digest_of({'b': [1, 2.5, 'é'], 'a': None}))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert runs == [digest_of({"a": None, "b": [1, 2.5, "é"]})] * 2


def test_the_digest_depends_on_values_and_not_on_spelling():
    assert build_config(Example, {"weights": {"ctc": 2}}).digest() == Example(weights=Weights(ctc=2.0)).digest()
    assert build_config(Example, {}).digest() == Example().digest()
    assert Example(steps=11).digest() != Example().digest()


def test_every_key_of_every_group_is_known():
    assert {"steps", "weights", "weights.ctc", "other.pixel"} <= set(known_keys(Example))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "does not parse"),
        (b"[1]", "a JSON object"),
        (b"\xff\xfe", "does not parse"),
        (b'{"a": {"steps": 1, "steps": 2}}', "'steps' twice"),
    ],
)
def test_a_file_that_is_no_config_is_refused_by_name(tmp_path, content, message):
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_json(tmp_path / "c.json")
    assert message in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ConfigError, match=str(path)):
            read_json(Path(path))


def test_a_config_survives_the_way_through_a_file(tmp_path):
    config = Example(steps=3, note="é", other=Weights(ctc=0.25))
    (tmp_path / "c.json").write_text(json.dumps(config.model_dump(mode="json")))
    assert build_config(Example, read_json(tmp_path / "c.json")) == config
