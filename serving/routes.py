"""Our own routes. The first route of a path wins, so that ours go before KServe's."""

from collections.abc import Callable
from typing import TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.responses import ORJSONResponse
from kserve.constants.constants import PredictorProtocol
from kserve.errors import ModelNotReady
from kserve.protocol.dataplane import DataPlane

from serving.config import ServingConfig
from serving.viewer import routes as viewer

AddRoutes: TypeAlias = Callable[[FastAPI, ServingConfig, DataPlane], None]


def add_infer(app: FastAPI, _: ServingConfig, plane: DataPlane) -> None:
    """Add the V2 inference, which in KServe's form parses the body twice and checks every answer against a schema."""

    async def infer(request: Request, model_name: str) -> Response:
        if not await plane.model_ready(model_name, True):
            raise ModelNotReady(model_name)
        headers = dict(request.headers)
        body = await request.body()
        parsed, _ = plane.decode(body, headers, PredictorProtocol.REST_V2.value, model_name)
        answer, told = await plane.infer(model_name, parsed, headers)
        content, more = plane.encode(model_name, answer, headers, {})
        if isinstance(content, bytes):
            return Response(content, headers=told | more, media_type="application/octet-stream")
        return ORJSONResponse(content, headers=told | more)

    app.add_api_route("/v2/models/{model_name}/infer", infer, methods=["POST"], response_model=None)


# Further pages are mounted here, each by a function of the application, the settings and the models.
ROUTES: tuple[AddRoutes, ...] = (add_infer, viewer.mount)
