"""A way to run the command line inside of the test process."""

import logging

import pytest

from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


@pytest.fixture
def pulih(capsys, monkeypatch, tmp_path):
    """Return a function that runs ``pulih ARGUMENTS`` and gives (exit code, stdout, stderr)."""
    from pulih.cli import main

    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("PULIH_LOGBOOK", str(tmp_path / "LOGBOOK.md"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    yield run
    root.handlers, root.level = handlers, level


@pytest.fixture
def place(s3_settings, tmp_path):
    """An address below which only this test writes."""
    return S3Url("archive", f"tests/cli-{tmp_path.name}")


@pytest.fixture
def store(s3_settings):
    return ObjectStore.from_settings(s3_settings)
