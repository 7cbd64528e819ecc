"""Every way to send a page to the endpoint, timed."""

import base64
import json
import struct
import time
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from pulih.data.images import decode_image
from pulih.deployment.client import Client
from pulih.deployment.server import LOOPBACK
from serving.binary import MOST_JSON_NUMBERS

PREDICT, INFER = "/v1/models/restorer:predict", "/v2/models/restorer/infer"
BINARY = {"Content-Type": "application/octet-stream"}
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
JSON = {"Content-Type": "application/json"}
Timed = tuple[float, str]  # seconds from request to answer, and the server's own timing
Ask = Callable[[Client, bytes], Timed]


def posted(client: Client, path: str, body: bytes, headers: dict[str, str]) -> Timed:
    """Send a request and read its answer."""
    started = time.perf_counter()
    answer = client.ask("POST", path, body, headers)
    seconds = time.perf_counter() - started
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {answer.body[:200]!r}")
    return seconds, answer.headers.get("server-timing", "")


def as_binary(client: Client, tensor: dict[str, Any], data: bytes) -> Timed:
    """Send a tensor as V2 binary data, and ask for binary data."""
    described = {"name": "image", **tensor, "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [described], "parameters": {"binary_data_output": True}}).encode()
    return posted(client, INFER, head + data, {**BINARY, "Inference-Header-Content-Length": str(len(head))})


def as_v1(client: Client, scan: bytes) -> Timed:
    """Send base64 over V1."""
    text = base64.b64encode(scan).decode("ascii")
    body = json.dumps({"instances": [{"image": {"b64": text}}]}).encode()
    return posted(client, PREDICT, body, JSON)


def as_v2(client: Client, scan: bytes) -> Timed:
    """Send base64 over V2."""
    text = base64.b64encode(scan).decode("ascii")
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]}
    return posted(client, INFER, json.dumps({"inputs": [tensor]}).encode(), JSON)


def as_pixels(client: Client, scan: bytes) -> Timed:
    """Send decoded pixels as V2 binary data."""
    pixels = decode_image(scan, "page").pixels
    return as_binary(client, {"shape": list(pixels.shape), "datatype": "UINT8"}, pixels.tobytes())


def as_numbers(client: Client, scan: bytes) -> Timed:
    """Send decoded pixels as numbers in JSON."""
    pixels = decode_image(scan, "page").pixels
    tensor = {"name": "image", "shape": list(pixels.shape), "datatype": "UINT8", "data": pixels.ravel().tolist()}
    return posted(client, INFER, json.dumps({"inputs": [tensor]}).encode(), JSON)


def over_grpc(port: int) -> Ask:
    """Return what sends decoded pixels as raw tensor over gRPC."""

    def ask(_: Client, scan: bytes) -> Timed:
        pixels = decode_image(scan, "page").pixels
        tensor = {"name": "image", "shape": list(pixels.shape), "datatype": "UINT8"}
        request = pb.ModelInferRequest(model_name="restorer", inputs=[tensor], raw_input_contents=[pixels.tobytes()])
        with grpc.insecure_channel(f"{LOOPBACK}:{port}", options=UNLIMITED) as channel:
            started = time.perf_counter()
            answer, call = GRPCInferenceServiceStub(channel).ModelInfer.with_call(request)
            np.frombuffer(answer.raw_output_contents[0], np.uint8)
            seconds = time.perf_counter() - started
        return seconds, str(dict(call.trailing_metadata()).get("server-timing", ""))

    return ask


def ways(port: int, numbers: int) -> dict[str, Ask]:
    """Return every way to send a page of so many ``numbers``, which as JSON may be more than the server takes."""
    as_json = {"V2, UINT8 as JSON numbers": as_numbers} if numbers <= MOST_JSON_NUMBERS else {}
    return {
        "V1, the file itself": lambda client, scan: posted(client, PREDICT, scan, {"Content-Type": "image/png"}),
        "V1, base64": as_v1,
        "V2, BYTES as base64": as_v2,
        "V2 binary, BYTES": lambda client, scan: as_binary(
            client, {"shape": [1], "datatype": "BYTES"}, struct.pack("<I", len(scan)) + scan
        ),
        "V2 binary, UINT8 pixels": as_pixels,
        "V2 over gRPC, raw UINT8": over_grpc(port),
        **as_json,
    }


def told(timing: str) -> dict[str, float]:
    """Return the seconds of a Server-Timing header."""
    parts = (part.strip().split(";dur=") for part in timing.split(","))
    return {name: float(milliseconds) / 1000 for name, milliseconds in parts}
