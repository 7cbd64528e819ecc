"""What happens before the first request: settings, warm-up, refusals."""

import asyncio
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pulih.common.errors import ConfigError
from pulih.deployment.server import command as server_command
from pulih.deployment.server import free_port, running_server
from pulih.restorer.infer import Restorer
from pulih.stores.paths import publish
from serving.__main__ import _parser, resolve
from serving.config import ServingConfig


def resolved(*arguments: str) -> ServingConfig:
    return resolve(_parser().parse_args(list(arguments)))


def test_options_lie_over_the_file_and_set_over_both(tmp_path) -> None:
    (tmp_path / "c.json").write_text('{"model_dir": "a", "port": 1000, "threads": 1, "paper": "white"}')
    config = resolved("--config", str(tmp_path / "c.json"), "--port", "2000", "--set", "threads=3")
    assert (config.model_dir, config.port, config.threads, config.paper) == ("a", 2000, 3, "white")


def test_unknown_setting_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="max_body_bytes"):
        resolved("--model-dir", "a", "--set", "max_body_byte=5")


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, "127.0.0.1"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "0.0.0.0"),
        ({"PULIH_SERVING_HOST": "::1", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "::1"),
    ],
)
def test_host_is_loopback_here_and_every_interface_in_a_pod(monkeypatch, environment, host) -> None:
    for name in ("PULIH_SERVING_HOST", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert resolved("--model-dir", "a").host == host


def test_model_is_ready_only_after_its_warm_up(blur_restorer) -> None:
    from kserve import ModelRepository

    from serving.predictor import RestorerModel
    from serving.server import PageDataPlane

    config = ServingConfig(model_dir=str(blur_restorer))
    model = RestorerModel(config, Restorer.load(blur_restorer, 1))
    models = ModelRepository()
    models.update(model)
    plane = PageDataPlane(models)
    assert not asyncio.run(plane.ready())
    assert not asyncio.run(plane.model_ready(config.model_name))
    model.load()
    assert asyncio.run(plane.ready())
    assert asyncio.run(plane.model_ready(config.model_name))


def test_model_that_cannot_run_never_becomes_ready(blur_restorer) -> None:
    from serving.predictor import RestorerModel

    class Broken(Restorer):
        def run(self, degraded: np.ndarray) -> np.ndarray:
            raise RuntimeError("out of memory")

    model = RestorerModel(ServingConfig(model_dir="x"), Broken.load(blur_restorer, 1))
    with pytest.raises(RuntimeError, match="out of memory"):
        model.load()
    assert not model.ready


def test_model_may_lie_in_an_object_store(s3_settings, blur_restorer, tmp_path, monkeypatch, scan) -> None:
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    address = f"s3://archive/tests/serving-{tmp_path.name}"
    publish(blur_restorer, address)
    with running_server(Path(address), tmp_path / "server.log", settings=("threads=1",)) as running:
        assert running.client.is_ready()
        assert running.client.restore_v1(scan).png.startswith(b"\x89PNG")


def test_port_of_grpc_that_is_taken_is_named(blur_restorer, grpc_port, server) -> None:
    command = [*server_command(blur_restorer, free_port()), "--grpc-port", str(grpc_port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert f"gRPC on 127.0.0.1:{grpc_port}; found a port that is taken" in done.stderr
    assert "Traceback" not in done.stderr
