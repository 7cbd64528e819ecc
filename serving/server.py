"""KServe's REST server with our address, our admission, our parser of binary data and our words for errors."""

import asyncio
import signal
import sys
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from kserve import InferRequest, ModelRepository
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import RESTServer

from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from serving.binary import binary_request
from serving.config import ServingConfig
from serving.middleware import Admission
from serving.predictor import RestorerModel
from serving.viewer import routes as viewer

log = get_logger(__name__)
STATUS_OF: dict[type[Exception], int] = {
    InvalidInput: 400,
    ModelNotFound: 404,
    NotImplementedError: 501,
    ModelNotReady: 503,
}
HEADER_LENGTH = "inference-header-content-length"


class PageDataPlane(DataPlane):
    """KServe's data plane, ready when its models are, and with a parser that keeps binary data as it is."""

    async def ready(self) -> bool:
        """Return whether every model has answered its warm-up inference."""
        names = list(self.model_registry.get_models())
        return bool(names) and all([await self.model_registry.is_model_ready(name) for name in names])

    def decode_inference_request(self, body: Any, headers: dict[str, str], model_name: str) -> InferRequest:
        """Parse a V2 request body; raises InputError."""
        if isinstance(body, bytes):
            return binary_request(body, headers.get(HEADER_LENGTH, ""), model_name)
        return super().decode_inference_request(body, headers, model_name)


class FixedModels(ModelRepositoryExtension):
    """Nobody may load or unload a model over the network."""

    async def load(self, model_name: str) -> None:
        """Refuse; KServe answers 501."""
        raise NotImplementedError("models are chosen when the server starts")

    async def unload(self, model_name: str) -> None:
        """Refuse; KServe answers 501."""
        raise NotImplementedError("models are chosen when the server starts")


class PageServer(RESTServer):
    """The REST endpoints of one model."""

    def __init__(self, model: RestorerModel, config: ServingConfig) -> None:
        models = ModelRepository()
        models.update(model)
        super().__init__(
            "kserve.model_server:app",
            PageDataPlane(models),
            FixedModels(models),
            config.port,
            grace_period=config.grace_seconds,
        )
        self._page_config = config
        self.config.host = config.host  # KServe listens on every interface and has no option for it

    def _add_middlewares(self, app: FastAPI) -> None:
        app.add_middleware(Admission, config=self._page_config)

    def _register_endpoints(self, app: FastAPI) -> None:
        super()._register_endpoints(app)
        viewer.mount(app, self._page_config, self.dataplane)

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        app.add_exception_handler(InputError, _bad_input)
        app.add_exception_handler(RequestValidationError, _bad_json)
        for kind in STATUS_OF:
            app.add_exception_handler(kind, _refused)

    def serve(self) -> None:
        """Answer requests until SIGTERM or SIGINT, then finish those that are running."""
        asyncio.run(self.start())


async def _bad_input(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InputError)
    log.info("refused with 400: %s", error)
    content = {"error": str(error), "expected": error.expected, "found": error.found, "fix": error.fix}
    return JSONResponse(content, status_code=400)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    # KServe's handlers would log a traceback for each of these.
    status = STATUS_OF[type(error)]
    log.info("refused with %d: %s", status, str(error) or type(error).__name__)
    return JSONResponse({"error": getattr(error, "reason", str(error))}, status_code=status)


async def _bad_json(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # FastAPI's own answer would send the whole body back.
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return JSONResponse({"error": f"expected a V2 inference request; found {first['msg']} at {place}."}, 400)


def run(config: ServingConfig, model: RestorerModel) -> None:
    """Warm the model up, then serve it until a signal; both signals end with exit code 0."""
    model.load()
    for number in (signal.SIGTERM, signal.SIGINT):
        # After its graceful stop uvicorn raises the signal again; these handlers make that a clean end.
        signal.signal(number, lambda *_: sys.exit(0))
    log.info("listening on http://%s:%d, model '%s'", config.host, config.port, config.model_name)
    PageServer(model, config).serve()
