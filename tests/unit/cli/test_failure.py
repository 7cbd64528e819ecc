"""What is our fault says so, and leaves its traceback where the message says."""

import logging
from pathlib import Path

import pytest

from pulih.cli.failure import report_bug


def raised():
    with pytest.raises(RuntimeError) as caught:
        break_something()
    return caught.value


def break_something():
    raise RuntimeError("the cause of it")


def test_traceback_goes_to_the_errors_log_of_the_runs_folder(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path))
    root = logging.getLogger()
    former = root.handlers[:]
    root.handlers = []
    try:
        report_bug(raised())
    finally:
        root.handlers = former
    message = capsys.readouterr().err
    assert "RuntimeError: the cause of it" in message
    assert str(tmp_path / "errors.log") in message
    assert "Traceback" not in message
    written = (tmp_path / "errors.log").read_text()
    assert "Traceback" in written
    assert Path(__file__).name in written


def test_traceback_goes_to_the_commands_own_log_when_it_has_one(tmp_path, capsys):
    root = logging.getLogger()
    former = root.handlers[:]
    root.handlers = [logging.FileHandler(tmp_path / "stage.log")]
    try:
        report_bug(raised())
    finally:
        root.handlers = former
    assert str(tmp_path / "stage.log") in capsys.readouterr().err
    assert "Traceback" in (tmp_path / "stage.log").read_text()
