"""Restored pages as V1 and V2 answers."""

import base64
from typing import Any

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse
from kserve.utils.utils import generate_uuid

from pulih.common.errors import InputError
from pulih.data.images import RgbImage
from pulih.restorer.infer import RestoredPage
from serving.binary import MOST_JSON_NUMBERS
from serving.protocol import OUTPUT, Kind


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
    return {"predictions": predictions, "model_digest": digest}


def v2_answer(request: InferRequest, kind: Kind, images: list[bytes | RgbImage], digest: str) -> InferResponse:
    """Return the V2 answer in the form of the question: PNG files, PNG bytes as UINT8, or UINT8 pixels.

    Raises:
        InputError: pixels are asked for as JSON numbers, and are too many for that.
    """
    binary = _wants_binary(request)
    if kind == "file":
        tensor = _bytes_output(images, binary)
    else:
        values = np.frombuffer(images[0], np.uint8) if isinstance(images[0], bytes) else images[0]
        if not binary and values.size > MOST_JSON_NUMBERS:
            fix = 'Ask for binary data: "parameters": {"binary_data_output": true}.'
            raise InputError(f"at most {MOST_JSON_NUMBERS:,} numbers as JSON", f"{values.size:,}", fix)
        tensor = InferOutput(OUTPUT, list(values.shape), "UINT8")
        tensor.set_data_from_numpy(values, binary_data=binary)
    return InferResponse(
        # Without an id of its own KServe answers a request that has none with 500.
        response_id=request.id or generate_uuid(),
        model_name=request.model_name,
        infer_outputs=[tensor],
        use_binary_outputs=binary,
        requested_outputs=request.request_outputs,
        parameters={"model_digest": digest},
    )


def _wants_binary(request: InferRequest) -> bool:
    if request.from_grpc:
        return True
    if request.request_outputs:
        return any(bool(output.binary_data) for output in request.request_outputs)
    return bool(request.use_binary_outputs)


def _bytes_output(images: list[bytes | RgbImage], binary: bool) -> InferOutput:
    values = np.empty(len(images), object)
    values[:] = images if binary else [base64.b64encode(bytes(image)).decode("ascii") for image in images]
    tensor = InferOutput(OUTPUT, [len(images)], "BYTES")
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor
