"""Fixtures that several packages share."""

import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _s3_server_class():
    spec = importlib.util.spec_from_file_location("s3_server", ROOT / "scripts" / "s3_server.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.S3Server


def _run_s3_server():
    folder = Path(tempfile.mkdtemp(prefix="pulih-s3-test-"))
    server = _s3_server_class()(folder, ("tester", "s3-test-secret-0123456789"))
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def s3_server():
    """A real S3 server for the whole session: ``endpoint``, ``keys``, ``buckets``, ``settings()``."""
    yield from _run_s3_server()


@pytest.fixture
def own_s3_server():
    """A real S3 server that the test may kill and start again."""
    yield from _run_s3_server()


@pytest.fixture
def s3_settings_of(monkeypatch):
    """Return a function that points the PULIH_S3_* variables at a server and gives the settings."""
    from pulih.common.settings import Settings

    def use(server):
        for name, value in server.settings().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PULIH_S3_RETRIES", "2")
        return Settings()

    return use


@pytest.fixture
def s3_settings(s3_server, s3_settings_of):
    """The settings of ``s3_server``, also in the environment; give each test a prefix of its own."""
    return s3_settings_of(s3_server)
