"""V2 over gRPC: KServe's own client against the real server."""

import asyncio

import grpc
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from pulih.data.images import decode_image


@pytest.fixture
def infer(server, grpc_port):
    """Send one tensor by KServe's client."""

    def send(values: np.ndarray, datatype: str, **request):
        async def ask():
            async with InferenceGRPCClient(f"127.0.0.1:{grpc_port}", timeout=60) as client:
                tensor = InferInput("image", list(values.shape), datatype)
                tensor.set_data_from_numpy(values)
                return await client.infer(InferRequest("restorer", [tensor], **request))

        return asyncio.run(ask())

    return send


@pytest.fixture
def stub(server, grpc_port):
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        yield GRPCInferenceServiceStub(channel)


def test_pixels_as_raw_tensor_are_those_of_the_command_line(infer, scan, local) -> None:
    answer = infer(decode_image(scan, "scan").pixels, "UINT8", request_id="raw-1")
    assert answer.id == "raw-1"
    assert np.array_equal(answer.outputs[0].as_numpy(), decode_image(local["keep"], "local").pixels)


def test_files_come_back_as_the_bytes_of_the_command_line(infer, scan, local) -> None:
    answer = infer(np.array([scan, scan], object), "BYTES", parameters={"paper": "white"})
    assert list(answer.outputs[0].as_numpy()) == [local["white"]] * 2


def test_file_as_uint8_tensor(infer, scan, local) -> None:
    answer = infer(np.frombuffer(scan, np.uint8), "UINT8")
    assert answer.outputs[0].as_numpy().tobytes() == local["keep"]


def test_health_and_metadata_with_the_digest(stub, client) -> None:
    assert stub.ServerLive(pb.ServerLiveRequest()).live
    assert stub.ServerReady(pb.ServerReadyRequest()).ready
    described = stub.ModelMetadata(pb.ModelMetadataRequest(name="restorer"))
    assert list(described.versions) == client.model_metadata()["versions"]
    assert [tensor.name for tensor in described.inputs] == ["image"]


def request(**changes):
    tensor = {"name": "image", "shape": [3], "datatype": "UINT8"} | changes.pop("tensor", {})
    return pb.ModelInferRequest(
        **{"model_name": "restorer", "inputs": [tensor], "raw_input_contents": [b"abc"]} | changes
    )


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(), "INVALID_ARGUMENT"),
        (request(inputs=[]), "INVALID_ARGUMENT"),
        (request(raw_input_contents=[]), "INVALID_ARGUMENT"),
        (request(raw_input_contents=[b"abc", b"def"]), "INVALID_ARGUMENT"),
        (request(tensor={"shape": [2, 2, 3]}), "INVALID_ARGUMENT"),
        (request(tensor={"shape": [-1]}), "INVALID_ARGUMENT"),
        (request(tensor={"datatype": "BYTES", "shape": [1]}), "INVALID_ARGUMENT"),
        (request(tensor={"datatype": "FP32"}), "INVALID_ARGUMENT"),
        (request(tensor={"datatype": "NONSENSE"}), "INVALID_ARGUMENT"),
        (request(parameters={"paper": pb.InferParameter(string_param="pink")}), "INVALID_ARGUMENT"),
        (request(raw_input_contents=[b" " * 3_000_001]), "RESOURCE_EXHAUSTED"),
        (request(model_name="other"), "NOT_FOUND"),
    ],
)
def test_the_callers_fault_is_never_internal(stub, asked, status: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        stub.ModelInfer(asked)
    assert refused.value.code().name == status, refused.value.details()
    assert refused.value.details()


def test_models_cannot_be_unloaded_over_the_network(stub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        stub.RepositoryModelUnload(pb.RepositoryModelUnloadRequest(model_name="restorer"))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_gRPC_is_not_answered_beyond_the_limit_and_says_when_to_come_back(stub, scan) -> None:
    asked = request(tensor={"shape": [len(scan)]}, raw_input_contents=[scan])
    calls = [stub.ModelInfer.future(asked) for _ in range(12)]
    refused = [call for call in calls if call.exception() is not None]
    assert {call.code().name for call in refused} == {"RESOURCE_EXHAUSTED"}
    assert int(dict(refused[0].trailing_metadata())["retry-after"]) >= 1
    assert len(calls) - len(refused) >= 4
