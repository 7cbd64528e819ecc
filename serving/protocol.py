"""Requests in, answers out: the V1 and V2 (Open Inference Protocol) forms of a page image.

V1: ``{"instances": [{"image": {"b64": ...}, "paper": "keep"}]}``, or the bytes of an image file as the body, with the
paper in the header ``X-Pulih-Paper``.
V2: one input ``image``, either BYTES (file bytes: base64 in JSON, raw as binary data), or UINT8 of shape [n] (file
bytes), [H, W] or [H, W, 3] (pixels). The answer has the kind of the question.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from kserve import InferInput, InferRequest
from kserve.protocol.infer_type import to_http_parameters
from numpy.typing import NDArray

from pulih.common.errors import InputError
from pulih.data.images import ImageLimits, RgbImage
from pulih.restorer.colour import Paper

INPUT, OUTPUT = "image", "restored"
Kind = Literal["file", "file bytes", "pixels"]
EXAMPLE_V1 = 'Send {"instances": [{"image": {"b64": "<base64 of a PNG, JPEG or TIFF file>"}}]}.'
EXAMPLE_V2 = 'Send one input "image": BYTES of shape [n], or UINT8 of shape [H, W, 3].'


@dataclass(frozen=True)
class PageRequest:
    """One page to restore: the bytes of an image file, or 8-bit RGB pixels (H, W, 3)."""

    name: str
    content: bytes | RgbImage
    paper: Paper


def parse_v1(payload: Any, paper: Paper, max_images: int) -> list[PageRequest]:
    """Return the pages of a V1 request body; raises InputError."""
    instances = payload.get("instances") if isinstance(payload, dict) else None
    if not isinstance(instances, list) or not instances:
        raise InputError("a JSON object with a list 'instances'", _kind_of(payload), EXAMPLE_V1)
    _check_count(len(instances), max_images)
    return [_instance(instance, f"instance {number}", paper) for number, instance in enumerate(instances)]


def _instance(instance: Any, name: str, paper: Paper) -> PageRequest:
    image = instance.get("image") if isinstance(instance, dict) else None
    text = image.get("b64") if isinstance(image, dict) else None
    if not isinstance(text, str):
        raise InputError(f"an image as base64 text in {name}", _kind_of(instance), EXAMPLE_V1)
    if unknown := set(instance) - {"image", "paper"}:
        raise InputError(f"the keys 'image' and 'paper' in {name}", f"also {sorted(unknown)}", EXAMPLE_V1)
    return PageRequest(name, _from_base64(text, name), chosen_paper(instance.get("paper", paper)))


def parse_v2(
    request: InferRequest, paper: Paper, limits: ImageLimits, max_images: int
) -> tuple[Kind, list[PageRequest]]:
    """Return the pages of a V2 request and in which form they came; raises InputError."""
    if [tensor.name for tensor in request.inputs] != [INPUT]:
        raise InputError(f"one input '{INPUT}'", str([tensor.name for tensor in request.inputs])[:200], EXAMPLE_V2)
    chosen = chosen_paper(to_http_parameters(request.parameters or {}).get("paper", paper))
    tensor = request.inputs[0]
    if tensor.datatype == "BYTES":
        contents = _byte_strings(tensor, max_images)
        pages = [PageRequest(f"element {number}", data, chosen) for number, data in enumerate(contents)]
        return "file", pages
    values = _uint8(tensor, limits)
    if values.ndim == 1:
        return "file bytes", [PageRequest("the tensor", values.tobytes(), chosen)]
    return "pixels", [PageRequest("the tensor", _pixels(values), chosen)]


def _byte_strings(tensor: InferInput, max_images: int) -> list[bytes]:
    values = _as_numpy(tensor).reshape(-1)
    _check_count(len(values), max_images)
    named = ((value, f"element {number}") for number, value in enumerate(values))
    return [value if isinstance(value, bytes) else _from_base64(str(value), name) for value, name in named]


def _uint8(tensor: InferInput, limits: ImageLimits) -> NDArray[np.uint8]:
    shape = tensor.shape
    is_image = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
    if tensor.datatype != "UINT8" or not (len(shape) == 1 or is_image) or min(shape, default=0) < 1:
        found = f"{tensor.datatype} of shape {shape}"[:200]
        raise InputError("BYTES of shape [n], or UINT8 of shape [n], [H, W] or [H, W, 3]", found, EXAMPLE_V2)
    if is_image and (shape[0] * shape[1] > limits.max_pixels or max(shape) > limits.max_side):
        allowed = f"{limits.max_pixels:,} pixels and {limits.max_side:,} on a side"
        raise InputError(f"an image within {allowed}", f"one of shape {shape}", "Scale it down or cut it.")
    return np.asarray(_as_numpy(tensor), np.uint8)


def _pixels(values: NDArray[np.uint8]) -> RgbImage:
    return np.ascontiguousarray(values if values.ndim == 3 else np.repeat(values[:, :, None], 3, axis=2))


def _as_numpy(tensor: InferInput) -> NDArray[Any]:
    try:
        # What was binary data is an array already, and large.
        known = tensor.data if isinstance(tensor.data, np.ndarray) else tensor.as_numpy()
        return np.asarray(known).reshape(tensor.shape)
    except (ValueError, TypeError, OverflowError, struct.error) as err:
        found = f"data that do not make {tensor.datatype} of shape {tensor.shape}: {err}"
        raise InputError(f"a whole tensor '{tensor.name}'", found[:300], EXAMPLE_V2) from err


def _from_base64(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise InputError(f"base64 text in {name}", f"other text ({err})", "Encode the file's bytes.") from err


def chosen_paper(value: Any) -> Paper:
    """Return the paper that a request names; raises InputError."""
    for known in get_args(Paper):
        if value == known:
            return cast(Paper, known)
    raise InputError(f"'paper' to be one of {', '.join(get_args(Paper))}", repr(value)[:50], "Correct the value.")


def _check_count(count: int, limit: int) -> None:
    if not 1 <= count <= limit:
        raise InputError(f"1 to {limit} images", f"{count}", "Send them in several requests.")


def _kind_of(value: Any) -> str:
    return (
        f"an object with the keys {sorted(map(str, value))}"[:200] if isinstance(value, dict) else type(value).__name__
    )
