"""V2 over gRPC: KServe's service with our address, our limits and our words for errors."""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

from grpc import StatusCode, aio, unary_unary_rpc_method_handler
from kserve import InferRequest
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server as add_service
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.utils.utils import to_headers

from pulih.common.errors import ConfigError, InputError
from pulih.common.logging import get_logger
from serving.call import CURRENT, Call, TooSlow, new_id
from serving.config import ServingConfig
from serving.load import Busy, Load
from serving.tracking import record
from serving.wire import Arrived, arrived

log = get_logger(__name__)
SERVICE = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name
SPARE = 16  # calls beyond the limit of requests that may be open, for health checks and refusals
STATUS_OF: dict[type[Exception], StatusCode] = {
    InputError: StatusCode.INVALID_ARGUMENT,
    InvalidInput: StatusCode.INVALID_ARGUMENT,
    ModelNotFound: StatusCode.NOT_FOUND,
    ModelNotReady: StatusCode.UNAVAILABLE,
    NotImplementedError: StatusCode.UNIMPLEMENTED,
    Busy: StatusCode.RESOURCE_EXHAUSTED,
    TooSlow: StatusCode.DEADLINE_EXCEEDED,
}


class Refusals(ExceptionToStatusInterceptor):
    """Turns our errors into gRPC's statuses; KServe's form logs a traceback for each, and knows only its own."""

    async def handle_exception(self, ex: Exception, request_or_iterator: Any, context: Any, method_name: str) -> None:
        """End the call with a status and the error's text."""
        status = STATUS_OF.get(type(ex))
        if status is None:
            await super().handle_exception(ex, request_or_iterator, context, method_name)
            return
        text = str(getattr(ex, "reason", ex))
        log.info("refused with %s: %s", status.name, text)
        if isinstance(ex, Busy):
            pushback = ("grpc-retry-pushback-ms", str(1000 * ex.retry_after))
            context.set_trailing_metadata((("retry-after", str(ex.retry_after)), pushback))
        await context.abort(status, text)


class PageServicer(InferenceServicer):
    """KServe's service, with the limits and the log that HTTP has."""

    def __init__(self, plane: DataPlane, models: ModelRepositoryExtension, load: Load) -> None:
        super().__init__(plane, models)
        self._load = load

    async def infer(self, arrived: Arrived, context: Any) -> bytes:
        """Restore the pages of a request and return the answer's message."""
        request, size = arrived
        with self._call(request, size) as (call, outcome), self._load.request(size):
            self.validate_grpc_request(request)
            asked, headers = InferRequest.from_grpc(request), to_headers(context)
            answer, _ = await self._data_plane.infer(request.model_name, asked, headers)
            message: bytes = answer.grpc()
            outcome.update(status="OK", sent=len(message))
            context.set_trailing_metadata(tuple(call.headers().items()))
            return message

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: Any) -> pb.ModelMetadataResponse:
        """Describe the model; its version is the artifact's digest."""
        answer = await super().ModelMetadata(request, context)
        answer.versions.extend((await self._data_plane.model_metadata(request.name))["versions"])
        return answer

    @contextmanager
    def _call(self, request: pb.ModelInferRequest, size: int) -> Iterator[tuple[Call, dict[str, Any]]]:
        call = Call(new_id(request.id), "grpc", received=size)
        outcome: dict[str, Any] = {"status": "CANCELLED", "sent": 0}
        token = CURRENT.set(call)
        try:
            yield call, outcome
        except Exception as err:
            outcome["status"] = STATUS_OF.get(type(err), StatusCode.INTERNAL).name
            raise
        finally:
            record(call, "gRPC ModelInfer", **outcome)
            if call.pages:
                self._load.answered(call.worked)
            CURRENT.reset(token)


class PageGrpcServer(GRPCServer):
    """KServe's gRPC server on our address; it ends with the HTTP server."""

    def __init__(self, config: ServingConfig, plane: DataPlane, models: ModelRepositoryExtension, load: Load) -> None:
        super().__init__(config.grpc_port, plane, models, {}, config.grace_seconds)
        self._page_config, self._servicer = config, PageServicer(plane, models, load)

    async def start(self, max_workers: int = 1) -> None:
        """Listen; KServe's own form listens on every interface."""
        config = self._page_config
        self._server = aio.server(
            futures.ThreadPoolExecutor(max_workers),
            interceptors=(Refusals(),),
            maximum_concurrent_rpcs=config.max_requests + SPARE,
            options=[
                ("grpc.max_receive_message_length", config.max_body_bytes),
                # A restored page may be larger than the scan it came from.
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),
            ],
        )
        add_service(self._servicer, self._server)
        # The last handler of a method wins: this one takes the place of the generated one.
        infer = unary_unary_rpc_method_handler(self._servicer.infer, request_deserializer=arrived)
        self._server.add_registered_method_handlers(SERVICE, {"ModelInfer": infer})
        host = f"[{config.host}]" if ":" in config.host else config.host
        try:
            self._server.add_insecure_port(f"{host}:{config.grpc_port}")
        except RuntimeError as err:
            fix = "Choose another with --grpc-port."
            raise ConfigError(f"to listen for gRPC on {host}:{config.grpc_port}", "a port that is taken", fix) from err
        await self._server.start()
        log.info("gRPC on %s:%d", config.host, config.grpc_port)
