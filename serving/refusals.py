"""What HTTP answers when a request is refused: a status, and what was expected, found, and to be done."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady

from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from serving.call import TooSlow

log = get_logger(__name__)
STATUS_OF: dict[type[Exception], int] = {
    InvalidInput: 400,
    # Models are not loaded or unloaded over the network: the caller's fault, so not KServe's 501.
    NotImplementedError: 403,
    ModelNotFound: 404,
    ModelNotReady: 503,
    TooSlow: 504,
}


def add_handlers(app: FastAPI) -> None:
    """Let the application answer each of our errors."""
    app.add_exception_handler(InputError, _bad_input)
    app.add_exception_handler(RequestValidationError, _bad_json)
    for kind in STATUS_OF:
        app.add_exception_handler(kind, _refused)


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
