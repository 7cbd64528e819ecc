"""gRPC's messages written and measured by us are those of protobuf."""

import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from serving.answers import TensorAnswer
from serving.wire import arrived, with_raw_output


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 2_100_000])
def test_raw_output_behind_a_message_is_read_as_part_of_it(size: int) -> None:
    message = pb.ModelInferResponse(id="a", model_name="restorer", outputs=[{"name": "restored", "shape": [size]}])
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    read = pb.ModelInferResponse.FromString(with_raw_output(message, memoryview(data)))
    message.raw_output_contents.append(data.tobytes())
    assert read == message


def test_a_request_is_as_large_as_protobuf_says() -> None:
    request = pb.ModelInferRequest(model_name="restorer", raw_input_contents=[b"abc" * 1000])
    assert arrived(request.SerializeToString()) == (request, request.ByteSize())


def test_pixels_that_lie_apart_in_memory_are_sent_in_their_order() -> None:
    pixels = np.arange(120, dtype=np.uint8).reshape(5, 8, 3)[::-1, ::2]
    answer = TensorAnswer("a", "restorer", "0123", pixels, binary=True)
    read = pb.ModelInferResponse.FromString(answer.grpc())
    assert read.raw_output_contents[0] == pixels.tobytes()
    assert list(read.outputs[0].shape) == [5, 4, 3]
    body, headers = answer.rest()
    assert body[int(headers["inference-header-content-length"]) :] == pixels.tobytes()


def test_files_are_sent_with_their_lengths() -> None:
    answer = TensorAnswer("a", "restorer", "0123", [b"one", b"", b"three"], binary=True)
    data = pb.ModelInferResponse.FromString(answer.grpc()).raw_output_contents[0]
    assert data == b"\x03\0\0\0one\0\0\0\0\x05\0\0\0three"
