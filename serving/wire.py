"""gRPC's messages as bytes: how large a request was, and answers whose tensors are copied once.

Protobuf encodes a whole message to tell its size, and copies the tensor of an answer three times on its way out.
"""

from typing import NamedTuple

from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

RAW_OUTPUT = pb.ModelInferResponse.DESCRIPTOR.fields_by_name["raw_output_contents"].number
LENGTH_DELIMITED = 2  # wire type of bytes


class Arrived(NamedTuple):
    """A request, and its size in bytes."""

    request: pb.ModelInferRequest
    size: int


def arrived(data: bytes) -> Arrived:
    """Return the request that ``data`` encodes; raises what protobuf raises."""
    return Arrived(pb.ModelInferRequest.FromString(data), len(data))


def with_raw_output(message: pb.ModelInferResponse, data: memoryview) -> bytes:
    """Return an encoded message with ``data`` as its raw output; fields may come in any order."""
    tag = _varint(RAW_OUTPUT << 3 | LENGTH_DELIMITED)
    return b"".join((message.SerializeToString(), tag, _varint(data.nbytes), data))


def _varint(value: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first; all but the last have the highest bit set."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
