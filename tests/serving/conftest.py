"""One real server for all endpoint tests; its network is the known filter of ``blur_restorer``."""

import base64
import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from pulih.data.images import ImageLimits
from pulih.deployment.server import Patience, free_port, running_server
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer

SETTINGS = ("max_body_bytes=3000000", "max_images=4", "body_seconds=2", "max_requests=4", "threads=1")


@pytest.fixture(scope="session")
def scan() -> bytes:
    """A drawn page as PNG, 560 x 420 pixels, 300 dpi."""
    page = np.full((420, 560, 3), (225, 210, 180), np.uint8)
    for base in range(60, 400, 50):
        cv2.putText(page, "an evening on the river", (30, base), cv2.FONT_HERSHEY_COMPLEX, 1, (95, 60, 30), 2)
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG", dpi=(300, 300))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def server_log(tmp_path_factory):
    return tmp_path_factory.mktemp("serving") / "server.log"


@pytest.fixture(scope="session")
def grpc_port():
    return free_port()


@pytest.fixture(scope="session")
def server(blur_restorer, server_log, grpc_port):
    with running_server(blur_restorer, server_log, Patience(), (*SETTINGS, f"grpc_port={grpc_port}")) as running:
        yield running


@pytest.fixture(scope="session")
def client(server):
    return server.client


class Caller:
    """Requests of both protocols as plain HTTP; answers are the status and the parsed body."""

    predict, infer = "/v1/models/restorer:predict", "/v2/models/restorer/infer"

    def __init__(self, client) -> None:
        self.client = client
        self.json = {"Content-Type": "application/json"}

    def v1(self, instances, **more):
        body = json.dumps({"instances": instances, **more}).encode()
        status, answer = self.client.request("POST", self.predict, body, self.json)
        return status, json.loads(answer)

    def v2(self, **request):
        status, answer = self.client.request("POST", self.infer, json.dumps(request).encode(), self.json)
        return status, json.loads(answer)

    def v2_binary(self, header: dict, data: bytes, announced: int | None = None):
        text = json.dumps(header).encode()
        length = len(text) if announced is None else announced
        headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(length)}
        return self.client.request("POST", self.infer, text + data, headers)

    @staticmethod
    def instance(data: bytes, **more) -> dict:
        return {"image": {"b64": base64.b64encode(data).decode("ascii")}, **more}

    @staticmethod
    def tensor(*files: bytes) -> dict:
        data = [base64.b64encode(file).decode("ascii") for file in files]
        return {"name": "image", "shape": [len(data)], "datatype": "BYTES", "data": data}


@pytest.fixture(scope="session")
def call(client):
    return Caller(client)


@pytest.fixture(scope="session")
def local(blur_restorer, scan):
    """What `pulih restore` writes for the same scan, by the value of ``paper``."""
    restorer = Restorer.load(blur_restorer, threads=1)
    return {paper: restore_bytes(scan, "scan", restorer, paper, ImageLimits())[0] for paper in ("keep", "white")}
