"""Fixtures that several packages share."""

import http.server
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
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


@pytest.fixture(scope="session")
def blur_restorer(tmp_path_factory):
    """A restorer artifact whose network is a known filter: the mean over 3 x 3 pixels, edges repeated."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from pulih.common.config import StageConfig
    from pulih.common.files import write_json
    from pulih.data.manifest import write_manifest

    folder = tmp_path_factory.mktemp("blur-restorer")
    shape = ["batch", 1, "height", "width"]
    kernel = numpy_helper.from_array(np.full((1, 1, 3, 3), 1 / 9, np.float32), "kernel")
    pads = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads")
    graph = helper.make_graph(
        [
            helper.make_node("Pad", ["degraded", "pads"], ["wider"], mode="edge"),
            helper.make_node("Conv", ["wider", "kernel"], ["restored"]),
        ],
        "blur",
        [helper.make_tensor_value_info("degraded", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("restored", TensorProto.FLOAT, shape)],
        [kernel, pads],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    write_json(folder / "config.json", {"height": 64})
    write_manifest(folder, "restorer", StageConfig(), {}, {})
    return folder


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 1 MB (a tmpfs, which only root can mount; else the test is skipped)."""
    disk = tmp_path / "small_disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False, capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small tmpfs needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture(scope="session")
def real_data():
    """The folder of real archive data; the test is skipped where there is none."""
    folder = Path(os.environ.get("PULIH_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set PULIH_REAL_DATA to test with them")
    return folder


@pytest.fixture
def web_server():
    """Start an HTTP server that gives the listed answers ``(status, content type, body)``, the last one for ever."""
    servers = []

    def make(*answers):
        given, asked = list(answers), []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                status, content_type, body = given.pop(0) if len(given) > 1 else given[0]
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}", asked

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def tiny_lines(tmp_path_factory):
    """A small real lines artifact: 48 + 16 + 12 + 12 lines of at most 192 pixels, two pages; never write into it."""
    from pulih.synthesis.config import SynthesisConfig
    from pulih.synthesis.stage import synthesize

    folder = tmp_path_factory.mktemp("tiny-lines")
    counts = {"train": 48, "validation": 16, "test_seen": 12, "test_unseen": 12, "pages": 2}
    fonts = {"fonts": ("homemade-apple", "italianno", "meddon"), "held_out_fonts": ("bilbo", "la-belle-aurore")}
    size = {"min_width": 96, "max_width": 192, "shard_size": 24}
    synthesize(
        SynthesisConfig(seed=7, languages={"nl": 1.0}, vocabulary=3000, workers=1, **counts, **fonts, **size), folder
    )
    return folder


@pytest.fixture(scope="session")
def ocrd():
    """Return a function that runs a program of OCR-D's own environment, which ``make test-ocrd`` makes."""
    programs = Path(os.environ.get("PULIH_OCRD", "none")) / "bin"
    if not (programs / "ocrd").exists():
        pytest.skip(f"no OCR-D environment at {programs.parent}; make test-ocrd makes one")

    def run(program, *arguments, cwd=None, check=True):
        # Its console scripts look for each other on the PATH.
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        command = [str(programs / program), *map(str, arguments)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=environment)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run
