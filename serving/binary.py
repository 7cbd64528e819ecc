"""V2 requests over HTTP: JSON alone, or with the binary data extension a JSON header and then the tensors' bytes.

KServe's own parser turns every byte into a Python integer, and fails on BYTES that are not UTF-8, such as a PNG.
"""

import struct
from typing import Any

import numpy as np
from kserve import InferInput, InferRequest
from kserve.protocol.infer_type import RequestedOutput
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from pulih.common.errors import InputError

MOST_JSON_NUMBERS = 4_000_000
SIZE = "binary_data_size"
FIX = f"Announce the JSON's length in Inference-Header-Content-Length and each tensor's in {SIZE}."


class Tensor(BaseModel):
    """One input of the JSON header."""

    name: str
    shape: list[NonNegativeInt]
    datatype: str
    parameters: dict[str, Any] = {}
    data: list[Any] | None = None


class Output(BaseModel):
    """One output that the client asks for."""

    name: str
    parameters: dict[str, Any] = {}


class Header(BaseModel):
    """The JSON header of a V2 request."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: str | None = None
    parameters: dict[str, Any] = {}
    inputs: list[Tensor]
    outputs: list[Output] = []


def parse_request(body: bytes, header_length: str | None, model_name: str) -> InferRequest:
    """Parse a V2 request; binary tensors become NumPy arrays, BYTES among them objects of type ``bytes``.

    Args:
        header_length: bytes of the JSON header, as the client announced it; None = the body is JSON alone.

    Raises:
        InputError: the header does not parse, or the announced sizes are not those of the body.
    """
    header_length = str(len(body)) if header_length is None else header_length
    if not header_length.isdecimal() or int(header_length) > len(body):
        raise InputError("the length of the JSON header", f"'{header_length[:20]}' for {len(body)} bytes", FIX)
    # Counting is a hundred times faster than parsing, which would hold up every other request.
    if body.count(b",", 0, int(header_length)) > MOST_JSON_NUMBERS:
        fix = "Send the image file (BYTES, or as the body over V1), or binary data."
        raise InputError(f"at most {MOST_JSON_NUMBERS:,} numbers as JSON", "more", fix)
    try:
        header = Header.model_validate_json(body[: int(header_length)])
    except ValidationError as err:
        first = err.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its start"
        raise InputError("a V2 request header", f"{first['msg']} at {place}"[:300], FIX) from err
    rest = memoryview(body)[int(header_length) :]
    inputs = []
    for tensor in header.inputs:
        size = tensor.parameters.get(SIZE, 0)
        if not isinstance(size, int) or not 0 <= size <= len(rest):
            raise InputError(f"{SIZE} bytes for '{tensor.name}'", f"{size!r} of {len(rest)} left", FIX)
        data = tensor.data if SIZE not in tensor.parameters else _array(tensor, rest[:size])
        inputs.append(InferInput(tensor.name, list(tensor.shape), tensor.datatype, data, tensor.parameters))
        rest = rest[size:]
    if len(rest):
        raise InputError("a body of exactly the announced length", f"{len(rest)} bytes more", FIX)
    outputs = [RequestedOutput(output.name, output.parameters) for output in header.outputs]
    return InferRequest(model_name, inputs, header.id, parameters=header.parameters, request_outputs=outputs or None)


def _array(tensor: Tensor, data: memoryview) -> NDArray[Any]:
    if tensor.datatype != "BYTES":
        return np.frombuffer(data, np.uint8)
    values: list[bytes] = []
    while len(data):
        length = struct.unpack_from("<I", data)[0] if len(data) >= 4 else -1
        if not 0 <= length <= len(data) - 4:
            fix = "Write each element as its length in 4 bytes (little-endian) and its bytes."
            raise InputError(f"whole BYTES elements in '{tensor.name}'", f"{len(data)} bytes that are none", fix)
        values.append(bytes(data[4 : 4 + length]))
        data = data[4 + length :]
    array = np.empty(len(values), object)
    array[:] = values
    return array
