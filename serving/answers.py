"""Restored pages as V1 and V2 answers."""

import base64
import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from kserve import InferRequest
from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.utils.utils import generate_uuid
from numpy.typing import NDArray

from pulih.common.errors import InputError
from pulih.data.images import RgbImage
from pulih.restorer.infer import RestoredPage
from serving.binary import MOST_JSON_NUMBERS
from serving.protocol import OUTPUT, Kind
from serving.wire import with_raw_output

DIGEST = "model_digest"


def v1_answer(pages: list[tuple[bytes, RestoredPage]], digest: str) -> dict[str, Any]:
    """Return the V1 answer: per page the PNG as base64, its size, and how it was restored."""
    predictions = []
    for png, page in pages:
        height, width = page.luminance.shape
        predictions.append(
            {
                "image": {"b64": base64.b64encode(png).decode("ascii")},
                "width": width,
                "height": height,
                "scale": round(page.scale, 4),
                "x_height": None if page.x_height is None else round(page.x_height, 1),
                "seconds": round(page.seconds, 3),
            }
        )
    return {"predictions": predictions, DIGEST: digest}


@dataclass(frozen=True)
class TensorAnswer:
    """A V2 answer of one tensor ``restored``: whole files as ``values`` (BYTES), or 8-bit values of any shape (UINT8).

    KServe's own form copies the values several times, and goes through them one by one where they become JSON.
    """

    id: str
    model: str
    digest: str
    values: list[bytes] | NDArray[np.uint8]
    binary: bool

    def rest(self) -> tuple[dict[str, Any] | bytes, dict[str, str]]:
        """Return the body, which is to become JSON unless it is binary data already, and its headers."""
        tensor: dict[str, Any] = {"name": OUTPUT, "shape": self._shape(), "datatype": self._datatype()}
        answer: dict[str, Any] = {"id": self.id, "model_name": self.model, "model_version": None, "outputs": [tensor]}
        answer["parameters"] = {DIGEST: self.digest}
        if not self.binary:
            tensor["data"] = self._json_data()
            return answer, {}
        data = self.raw()
        tensor["parameters"] = {"binary_data_size": len(data)}
        head = json.dumps(answer, separators=(",", ":")).encode()
        return b"".join((head, data)), {INFERENCE_CONTENT_LENGTH_HEADER: str(len(head))}

    def grpc(self) -> bytes:
        """Return the answer as the bytes of its message."""
        tensor = {"name": OUTPUT, "shape": self._shape(), "datatype": self._datatype()}
        told = {DIGEST: pb.InferParameter(string_param=self.digest)}
        message = pb.ModelInferResponse(id=self.id, model_name=self.model, outputs=[tensor], parameters=told)
        return with_raw_output(message, self.raw())

    def raw(self) -> memoryview:
        """Return the tensor's bytes in the form of binary data."""
        if isinstance(self.values, list):
            return memoryview(b"".join(part for data in self.values for part in (struct.pack("<I", len(data)), data)))
        return np.ascontiguousarray(self.values).reshape(-1).data

    def _shape(self) -> list[int]:
        return [len(self.values)] if isinstance(self.values, list) else list(self.values.shape)

    def _datatype(self) -> str:
        return "BYTES" if isinstance(self.values, list) else "UINT8"

    def _json_data(self) -> list[str] | NDArray[np.uint8]:
        if isinstance(self.values, list):
            return [base64.b64encode(data).decode("ascii") for data in self.values]
        return np.ascontiguousarray(self.values).reshape(-1)


def v2_answer(request: InferRequest, kind: Kind, images: list[Any], digest: str) -> TensorAnswer:
    """Return the V2 answer in the form of the question: PNG files, PNG bytes as UINT8, or UINT8 pixels.

    Raises:
        InputError: pixels are asked for as JSON numbers, and are too many for that, or another output is asked for.
    """
    asked = [] if request.from_grpc else request.request_outputs or []
    if unknown := [output.name for output in asked if output.name != OUTPUT]:
        raise InputError(f"the output '{OUTPUT}'", str(unknown)[:200], "Correct its name, or leave 'outputs' out.")
    binary = _wants_binary(request)
    values = images if kind == "file" else _as_array(images[0])
    if not binary and isinstance(values, np.ndarray) and values.size > MOST_JSON_NUMBERS:
        fix = 'Ask for binary data: "parameters": {"binary_data_output": true}.'
        raise InputError(f"at most {MOST_JSON_NUMBERS:,} numbers as JSON", f"{values.size:,}", fix)
    # Without an id of its own KServe answers a request that has none with 500.
    return TensorAnswer(request.id or generate_uuid(), request.model_name, digest, values, binary)


def _as_array(image: bytes | RgbImage) -> NDArray[np.uint8]:
    return np.frombuffer(image, np.uint8) if isinstance(image, bytes) else image


def _wants_binary(request: InferRequest) -> bool:
    if request.from_grpc:
        return True
    if request.request_outputs:
        return any(bool(output.binary_data) for output in request.request_outputs)
    return bool(request.use_binary_outputs)
