"""Small pages, a workshop of one process, and a whole batch."""

import cv2
import numpy as np
import pytest

from pulih.batch.batch import Artifacts, run_batch
from pulih.batch.config import BatchConfig, PageConfig
from pulih.batch.judging import Judge
from pulih.batch.scribe import Scribe
from pulih.batch.state import Key
from pulih.batch.task import Task
from pulih.batch.work import Workshop
from pulih.common.files import write_json
from pulih.data.encoding import encode_png
from pulih.data.manifest import file_sha256
from pulih.restorer.infer import Restorer

# The network of these tests blurs: its strokes are grey, and it is trusted only where little is asked.
TRUSTING, WARY = {"min_confidence": 0.05}, {"min_confidence": 0.99}


def draw(height=260, width=340, seed=0) -> np.ndarray:
    page = np.full((height, width, 3), (225, 210, 180), np.uint8)
    words = ("an evening", "on the river", "near the ware", "we saw a sail")
    for row, base in enumerate(range(40, height - 10, 40)):
        text = words[(row + seed) % len(words)]
        cv2.putText(page, text, (20, base), cv2.FONT_HERSHEY_COMPLEX, 0.75, (95, 60, 30), 2, cv2.LINE_AA)
    return page


@pytest.fixture
def draw_page():
    return draw


@pytest.fixture
def wary():
    """Settings of harm by which every page passes."""
    return WARY


@pytest.fixture
def page():
    return draw()


@pytest.fixture
def folder(tmp_path):
    """Three pages, one in a folder below, and a file that is no image."""
    place = tmp_path / "scans"
    (place / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b.png", "sub/c.png")):
        (place / name).write_bytes(encode_png(draw(seed=number), (300.0, 300.0)))
    (place / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more of it")
    return place


@pytest.fixture
def config_of():
    """Return a function that makes the settings of pages; by default the network is trusted."""
    return lambda harm=TRUSTING, **values: PageConfig.model_validate({"harm": harm, **values})


@pytest.fixture(scope="session")
def reader_folder(tmp_path_factory):
    """A recognizer artifact that never learned anything."""
    import torch

    from pulih.common.config import StageConfig
    from pulih.data.charset import Charset
    from pulih.data.manifest import write_manifest
    from pulih.recognizer.config import RecognizerConfig
    from pulih.recognizer.model import build, save_recognizer

    folder = tmp_path_factory.mktemp("reader")
    config = RecognizerConfig(channels=8, hidden=48, depth=1)
    torch.manual_seed(0)
    save_recognizer(build(config, Charset(), 64), config, folder)
    write_manifest(folder, "recognizer", StageConfig(), {}, {})
    return folder


@pytest.fixture(scope="session")
def reader(reader_folder):
    """What reads with it."""
    from pulih.recognizer.infer import LineReader

    return LineReader.load_any(reader_folder)


@pytest.fixture
def work_on(blur_restorer, tmp_path):
    """Return a function that carries out one file in this process: (what was done, the output folder)."""

    def work(path, config, xml=None, reader=None, sha256=None):
        output = tmp_path / "answers"
        scribe = Scribe(reader, config.read) if reader and config.read != "no" else None
        workshop = Workshop(Judge(Restorer.load(blur_restorer, 1), reader, config), config, output, scribe)
        key = Key(sha256 or file_sha256(path), file_sha256(xml) if xml else "", "0123456789ab", config.digest())
        told = config.model_dump(mode="json")
        return workshop.carry_out(Task(path.name, path.stem, str(path), path, xml, key, None, told)), output

    return work


@pytest.fixture
def batch_of(blur_restorer, tmp_path):
    """Return a function that runs a batch into ``tmp_path/out`` with one worker and gives its conclusion."""

    def run(source, harm=TRUSTING, page=None, artifacts=None, **values):
        settings = {"workers": 1, "recursive": True, "page": {"harm": harm, **(page or {})}, **values}
        config = BatchConfig.model_validate(settings)
        return run_batch(config, str(source), tmp_path / "out", artifacts or Artifacts(blur_restorer))

    return run


@pytest.fixture(scope="session")
def endless_restorer(tmp_path_factory):
    """A restorer artifact whose network never answers."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from pulih.common.config import StageConfig
    from pulih.data.manifest import write_manifest

    shape = ["batch", 1, "height", "width"]
    tensor = helper.make_tensor_value_info
    step = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still"]),
            helper.make_node("Sin", ["value"], ["next"]),
        ],
        "step",
        [
            tensor("turn", TensorProto.INT64, []),
            tensor("go", TensorProto.BOOL, []),
            tensor("value", TensorProto.FLOAT, shape),
        ],
        [tensor("still", TensorProto.BOOL, []), tensor("next", TensorProto.FLOAT, shape)],
    )
    constants = [
        numpy_helper.from_array(np.array(10**12, np.int64), "turns"),
        numpy_helper.from_array(np.array(True), "yes"),
    ]
    graph = helper.make_graph(
        [helper.make_node("Loop", ["turns", "yes", "degraded"], ["restored"], body=step)],
        "endless",
        [tensor("degraded", TensorProto.FLOAT, shape)],
        [tensor("restored", TensorProto.FLOAT, shape)],
        constants,
    )
    folder = tmp_path_factory.mktemp("endless")
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "model.onnx"
    )
    write_json(folder / "config.json", {"height": 64})
    write_manifest(folder, "restorer", StageConfig(), {}, {})
    return folder
