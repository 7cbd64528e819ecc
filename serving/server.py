"""KServe's servers with our address, our admission, our parser of V2 and our words for errors."""

import asyncio
import logging
import signal
import socket
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from kserve import InferRequest, ModelRepository
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import RESTServer

from pulih.common.logging import get_logger
from serving.answers import TensorAnswer
from serving.binary import parse_request
from serving.config import ServingConfig
from serving.load import Load
from serving.middleware import Admission
from serving.network import Turns
from serving.predictor import RestorerModel
from serving.refusals import add_handlers
from serving.routes import ROUTES
from serving.rpc import PageGrpcServer
from serving.swap import Swapper
from serving.tracking import Tracking

log = get_logger(__name__)
HEADER_LENGTH = "inference-header-content-length"
PLATFORM = "onnxruntime_onnx"
SETTLING = 0.2  # seconds in which what was accepted last sends its head


class PageDataPlane(DataPlane):
    """KServe's data plane, ready when its models are, and with a parser that keeps binary data as it is."""

    def __init__(self, models: ModelRepository, load: Load | None = None) -> None:
        super().__init__(models)
        self._load = load

    async def ready(self) -> bool:
        """Return whether every model has answered its warm-up inference, and the server is not about to end."""
        names = list(self.model_registry.get_models())
        draining = self._load is not None and self._load.draining
        return not draining and bool(names) and all([await self.model_registry.is_model_ready(name) for name in names])

    async def model_metadata(self, model_name: str) -> dict[str, Any]:
        """Describe a model; its version is the artifact's digest."""
        described: dict[str, Any] = await super().model_metadata(model_name)
        return described | {"versions": [self.get_model_from_registry(model_name).digest], "platform": PLATFORM}

    def decode_inference_request(self, body: Any, headers: dict[str, str], model_name: str) -> InferRequest:
        """Parse a V2 request body; raises InputError."""
        if isinstance(body, bytes):
            return parse_request(body, headers.get(HEADER_LENGTH), model_name)
        return super().decode_inference_request(body, headers, model_name)

    def encode(self, model_name: str, response: Any, headers: dict[str, str], req_attributes: dict[str, Any]) -> Any:
        """Return an answer as the body of a response, and its headers."""
        if isinstance(response, TensorAnswer):
            return response.rest()
        return super().encode(model_name, response, headers, req_attributes)


class FixedModels(ModelRepositoryExtension):
    """Nobody may load or unload a model over the network."""

    async def load(self, model_name: str) -> None:
        """Refuse, which is answered with 403."""
        raise NotImplementedError("models are chosen when the server starts")

    async def unload(self, model_name: str) -> None:
        """Refuse, which is answered with 403."""
        raise NotImplementedError("models are chosen when the server starts")


class DrainingServer(uvicorn.Server):
    """A server that ends in steps, so that no request that reached it is lost."""

    def __init__(self, config: uvicorn.Config, load: Load, drain_seconds: float) -> None:
        super().__init__(config)
        self._load, self._drain_seconds = load, drain_seconds
        self.grpc: PageGrpcServer | None = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Be unready but take requests, then listen no more, then finish those that run."""
        self._load.draining = True
        await asyncio.sleep(self._drain_seconds)
        for server in self.servers:
            server.close()
        # Uvicorn drops connections whose request it has not seen yet.
        await asyncio.sleep(SETTLING)
        ending = [super().shutdown(sockets)] + ([self.grpc.stop()] if self.grpc else [])
        await asyncio.gather(*ending)


class PageServer(RESTServer):
    """The endpoints of one model, over HTTP and, when it has a port, gRPC."""

    def __init__(self, model: RestorerModel, config: ServingConfig, shared: Turns) -> None:
        models, self._load = ModelRepository(), Load(config)
        models.update(model)
        plane, fixed = PageDataPlane(models, self._load), FixedModels(models)
        super().__init__(
            "kserve.model_server:app",
            plane,
            fixed,
            config.port,
            grace_period=config.grace_seconds,
        )
        self._page_config = config
        self.config.host = config.host  # KServe listens on every interface and has no option for it
        # Tracking has a line for each request, and none for each probe.
        logging.getLogger("uvicorn.access").propagate = False
        self._server = DrainingServer(self.config, self._load, config.drain_seconds)
        self._grpc = PageGrpcServer(config, plane, fixed, self._load) if config.grpc_port else None
        self._swapper = Swapper(config, model, shared)

    def _add_middlewares(self, app: FastAPI) -> None:
        app.add_middleware(Admission, config=self._page_config, load=self._load)
        app.add_middleware(Tracking, load=self._load)

    def _register_endpoints(self, app: FastAPI) -> None:
        for add_routes in ROUTES:
            add_routes(app, self._page_config, self.dataplane)
        super()._register_endpoints(app)

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        add_handlers(app)

    def serve(self) -> None:
        """Answer requests until SIGTERM or SIGINT, then finish those that are running."""
        asyncio.run(self._serve_all())

    async def _serve_all(self) -> None:
        if self._grpc:
            await self._grpc.start()
            self._server.grpc = self._grpc
        watch = asyncio.create_task(self._swapper.watch())
        try:
            await self.start()
        finally:
            watch.cancel()


def run(config: ServingConfig, model: RestorerModel, shared: Turns) -> None:
    """Warm the model up, then serve it until a signal; both signals end with exit code 0."""
    model.load()
    for number in (signal.SIGTERM, signal.SIGINT):
        # After its graceful stop uvicorn raises the signal again; these handlers make that a clean end.
        signal.signal(number, lambda *_: sys.exit(0))
    log.info("listening on http://%s:%d, model '%s'", config.host, config.port, config.model_name)
    PageServer(model, config, shared).serve()
