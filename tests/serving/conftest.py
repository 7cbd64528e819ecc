"""One real server for all endpoint tests; its network is the known filter of ``blur_restorer``."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from pulih.deployment.server import Patience, running_server

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
def server(blur_restorer, server_log):
    with running_server(blur_restorer, server_log, Patience(), SETTINGS) as running:
        yield running


@pytest.fixture(scope="session")
def client(server):
    return server.client
