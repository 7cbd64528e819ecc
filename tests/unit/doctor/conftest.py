import pytest

from pulih.common.settings import Settings, variable_names


@pytest.fixture
def clean(monkeypatch, tmp_path):
    """No PULIH_ variable but a runs folder of the test's own; returns a maker of settings."""
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    return Settings
