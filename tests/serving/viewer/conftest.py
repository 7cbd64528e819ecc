"""A server with the viewer and a reader, a real Chromium, and pages that note what they must never do."""

import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pulih.common.config import StageConfig
from pulih.common.files import write_json
from pulih.common.viewer import openseadragon
from pulih.data.charset import Charset
from pulih.data.manifest import write_manifest
from pulih.deployment.server import Patience, running_server

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
WAIT = 60_000  # milliseconds; a busy machine is slow, not broken


@pytest.fixture(scope="session")
def dark_reader(tmp_path_factory):
    """A recognizer artifact of a known network: it reads "a" wherever a stretch of a line is dark."""
    folder = tmp_path_factory.mktemp("dark-reader")
    constants = {"gain": 60.0, "level": 51.0, "no": -1.0}
    nodes = [
        helper.make_node("AveragePool", ["line"], ["mean"], kernel_shape=[64, 4], strides=[64, 4]),
        helper.make_node("Squeeze", ["mean", "axes"], ["mean_BT"]),
        helper.make_node("Unsqueeze", ["mean_BT", "last"], ["mean_BTK"]),
        helper.make_node("Mul", ["mean_BTK", "gain"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "level"], ["blank"]),
        helper.make_node("Mul", ["blank", "no"], ["a"]),
        helper.make_node("Concat", ["blank", "a"], ["logits"], axis=2),
    ]
    weights = [numpy_helper.from_array(np.float32(value), name) for name, value in constants.items()]
    axes = [
        numpy_helper.from_array(np.array(value, np.int64), name) for name, value in (("axes", [1, 2]), ("last", [2]))
    ]
    inputs = [helper.make_tensor_value_info("line", TensorProto.FLOAT, [1, 1, 64, "width"])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "columns", 2])]
    graph = helper.make_graph(nodes, "dark", inputs, outputs, weights + axes)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "model.onnx"
    )
    write_json(folder / "config.json", {"height": 64})
    Charset("a").save(folder / "charset.json")
    write_manifest(folder, "recognizer", StageConfig(), {}, {})
    return folder


@pytest.fixture(scope="session")
def openseadragon_script():
    """The installed OpenSeadragon; the test is skipped where it is not."""
    path = openseadragon.installed_path()
    if not path.is_file():
        pytest.skip(f"no OpenSeadragon: {openseadragon.INSTALL}")
    return path


@pytest.fixture(scope="session")
def reading_log(tmp_path_factory):
    return tmp_path_factory.mktemp("viewer") / "server.log"


@pytest.fixture(scope="session")
def reading_server(blur_restorer, dark_reader, openseadragon_script, reading_log):
    settings = ("threads=1", f"recognizer_dir={dark_reader}")
    with running_server(blur_restorer, reading_log, Patience(), settings) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium of this machine; of a module, for its event loop would stop other tests' own."""
    programs = [found for name in CHROMIUM if (found := shutil.which(name))]
    if not programs:
        pytest.skip(f"no browser: none of {', '.join(CHROMIUM)} is on the PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=programs[0], args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def open_page(browser):
    """Return a function that opens an address; afterwards nothing may have failed or left the page's origin."""
    opened, faults, asked = [], [], []

    def make(address: str, width: int = 1280, height: int = 800, may_say: str = "nothing", **context):
        place = browser.new_context(viewport={"width": width, "height": height}, **{"locale": "en-GB"} | context)
        page = place.new_page()
        page.set_default_timeout(WAIT)

        def heard(message) -> None:
            if message.type in ("error", "warning") and may_say not in message.text:
                faults.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        opened.append((place, address))
        return page

    yield make
    for place, _ in opened:
        place.close()
    assert faults == []
    origins = tuple(address.split("/viewer/")[0] if "/viewer/" in address else "file://" for _, address in opened)
    assert [url for url in asked if not url.startswith((*origins, "blob:", "data:"))] == []


@pytest.fixture
def viewer(open_page, reading_server):
    """Return a function that opens the viewer of the server that reads."""
    client = reading_server.client
    return lambda **options: open_page(f"http://{client.host}:{client.port}/viewer/", **options)


@pytest.fixture
def give():
    """Return a function that gives a file to the viewer and waits until it is shown, or refused."""

    def drop(page, data: bytes, name: str = "scan.png", media_type: str = "image/png"):
        page.wait_for_selector("#limits:not(:empty)")
        page.set_input_files("#file", {"name": name, "mimeType": media_type, "buffer": data})
        page.wait_for_selector("#facts dd, #failure-title:not(:empty)")
        if page.is_visible("#result"):
            page.wait_for_selector(".pv-scale:not(:empty)")
        return page

    return drop


@pytest.fixture(scope="session")
def parts_of():
    """Return a function that takes an answer of the viewer apart: (facts, body) of each part."""

    def split(answer: bytes):
        parts = []
        while answer:
            line, _, answer = answer.partition(b"\n")
            facts = json.loads(line)
            size = facts.get("size", 0)
            parts.append((facts, answer[:size]))
            answer = answer[size:]
        return parts

    return split
