"""Both protocols of the endpoint asked once: V1 and V2 (Open Inference Protocol) in JSON, as a trial needs them.

``pulih.client`` is for restoring pages; it tries again where a trial wants to see the failure.
"""

import base64
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any

from pulih.client.transport import Bounds, Response, exchange, parsed_url
from pulih.common.errors import PulihError

MODEL = "restorer"
MOST_BYTES = 2**31  # of an answer


@dataclass(frozen=True)
class Answer:
    """A restored page as PNG, the seconds from request to answer, and the bytes of both bodies."""

    png: bytes
    seconds: float
    sent_bytes: int
    received_bytes: int


class Client:
    """Talks to one server at ``host:port``; ``timeout`` in seconds per request."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self._url, self._bounds = parsed_url(f"http://{host}:{port}"), Bounds(timeout, timeout, MOST_BYTES)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Response:
        """Send one request and return its answer; raises OSError when nobody answers."""
        return exchange(self._url, method, path, body, headers or {}, self._bounds)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request and return the status and the body; raises OSError when nobody answers."""
        answer = self.ask(method, path, body, headers)
        return answer.status, answer.body

    def is_ready(self) -> bool:
        """Return whether the server and its model are ready (V2)."""
        quick = Client(self.host, self.port, 5.0)
        try:
            ready = [quick.request("GET", path)[0] for path in ("/v2/health/ready", f"/v2/models/{MODEL}/ready")]
        except (OSError, http.client.HTTPException):
            return False
        return ready == [200, 200]

    def server_metadata(self) -> dict[str, Any]:
        """Return the V2 metadata of the server: name, version, extensions."""
        return self._json("GET", "/v2", None)[0]

    def model_metadata(self) -> dict[str, Any]:
        """Return the V2 metadata of the model: names, types and shapes of its tensors."""
        return self._json("GET", f"/v2/models/{MODEL}", None)[0]

    def restore_v1(self, image: bytes) -> Answer:
        """Restore the bytes of an image file by the V1 protocol."""
        body = json.dumps({"instances": [{"image": {"b64": base64.b64encode(image).decode("ascii")}}]}).encode()
        values, seconds, received = self._json("POST", f"/v1/models/{MODEL}:predict", body)
        return Answer(base64.b64decode(values["predictions"][0]["image"]["b64"]), seconds, len(body), received)

    def restore_v2(self, image: bytes) -> Answer:
        """Restore the bytes of an image file by the V2 protocol, as base64 in JSON."""
        text = base64.b64encode(image).decode("ascii")
        tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]}
        body = json.dumps({"inputs": [tensor]}).encode()
        values, seconds, received = self._json("POST", f"/v2/models/{MODEL}/infer", body)
        return Answer(base64.b64decode(values["outputs"][0]["data"][0]), seconds, len(body), received)

    def _json(self, method: str, path: str, body: bytes | None) -> tuple[dict[str, Any], float, int]:
        started = time.perf_counter()
        try:
            status, content = self.request(method, path, body, {"Content-Type": "application/json"})
        except (OSError, http.client.HTTPException) as err:
            raise PulihError(f"{method} {path}: no answer from {self.host}:{self.port} ({err})") from err
        seconds = time.perf_counter() - started
        if status != 200:
            raise PulihError(f"{method} {path}: status {status}, {content[:500].decode('utf-8', 'replace')}")
        values: dict[str, Any] = json.loads(content)
        return values, seconds, len(content)
