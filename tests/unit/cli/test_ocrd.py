"""The command line that OCR-D asks of a processor."""

import json

import pytest

from pulih.cli.ocrd import main, parameters_of
from pulih.common.errors import ConfigError


def test_the_tool_describes_itself(capsys) -> None:
    main(["--dump-json"])
    tool = json.loads(capsys.readouterr().out)
    assert tool["executable"] == "ocrd-pulih-restore"
    assert tool["parameters"]["mode"]["default"] == "keep-paper"


def test_parameters_come_from_json_files_and_single_values(tmp_path) -> None:
    (tmp_path / "p.json").write_text('{"mode": "binary", "workers": 3}')
    values = parameters_of([str(tmp_path / "p.json"), '{"read": "missing"}'], [("workers", "2"), ("recognizer", "a b")])
    assert (values["mode"], values["workers"], values["read"], values["recognizer"]) == ("binary", 2, "missing", "a b")
    with pytest.raises(ConfigError, match="nope"):
        parameters_of(['{"nope": 1}'], [])
    with pytest.raises(ConfigError, match="JSON"):
        parameters_of([], [("workers", "two")])


@pytest.mark.parametrize("arguments", [["-I", "A"], ["-I", "A,B", "-O", "C"], ["-I", "A", "-O", "B", "-m", "none.xml"]])
def test_what_is_missing_is_said_and_the_exit_code_tells(arguments, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 1
    assert "expected" in capsys.readouterr().err
