"""The viewer's addresses: its files, what it must know before a scan is sent, and the one request that restores."""

from functools import partial
from pathlib import Path
from urllib.parse import unquote

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from kserve.protocol.dataplane import DataPlane

from pulih import __version__
from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from pulih.common.viewer import openseadragon, parts
from pulih.data.images import FORMATS
from pulih.recognizer.infer import LineReader
from pulih.stores.paths import local_input
from serving.config import ServingConfig
from serving.viewer import stream, work

log = get_logger(__name__)
STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
HERE = ("same-origin", "none")


def mount(app: FastAPI, config: ServingConfig, plane: DataPlane) -> None:
    """Add the viewer below ``/viewer/``; without OpenSeadragon the page says how to install it.

    Raises:
        ArtifactError: ``recognizer_dir`` is no recognizer with an ONNX model.
    """
    reader = LineReader.load(local_input(config.recognizer_dir), config.threads) if config.recognizer_dir else None
    router = APIRouter(prefix="/viewer", include_in_schema=False)
    router.add_api_route("", _to_folder, methods=["GET"])
    router.add_api_route("/about", partial(_about, config, reader is not None), methods=["GET"])
    router.add_api_route("/restore", partial(_restore, plane, config, work.Desk(reader)), methods=["POST"])
    router.add_api_route("/{name:path}", partial(_file, _files()), methods=["GET"])
    app.include_router(router)
    log.info("viewer at http://%s:%d/viewer/", config.host, config.port)


def _files() -> dict[str, bytes]:
    """Return every file of the viewer by its name; no other name is ever looked up."""
    paths = [*STATIC.iterdir(), *parts.STATIC.iterdir()]
    files = {path.name: path.read_bytes() for path in paths if path.suffix in MEDIA_TYPES}
    files["base.css"] = parts.STYLE.read_bytes()
    files[""] = files.pop("index.html")
    return files


def _to_folder(request: Request) -> Response:
    # Relative, so that it holds behind a prefix that a proxy took away.
    return RedirectResponse(f"{request.url.path.rsplit('/', 1)[-1]}/", status_code=307)


def _file(files: dict[str, bytes], name: str) -> Response:
    content = files.get(name)
    try:
        script = openseadragon.find() if name in ("", "openseadragon.js") else None
    except InputError as err:
        log.warning("no viewer: %s", err)
        return Response(f"The viewer is not installed here: {err}\n", 503, HEADERS, "text/plain")
    if name == "openseadragon.js" and script is not None:
        content = script.read_bytes()
    if content is None:
        return JSONResponse({"error": "no such file"}, 404, HEADERS)
    return Response(content, headers=HEADERS, media_type=MEDIA_TYPES[Path(name or "index.html").suffix])


def _about(config: ServingConfig, reads: bool) -> Response:
    limits = config.limits
    content = {
        "model": config.model_name,
        "version": __version__,
        "formats": FORMATS,
        "max_bytes": min(config.max_body_bytes, limits.max_bytes),
        "max_pixels": limits.max_pixels,
        "max_side": limits.max_side,
        "paper": config.paper,
        "reads": reads,
    }
    return JSONResponse(content, headers=HEADERS)


async def _restore(plane: DataPlane, config: ServingConfig, desk: work.Desk, request: Request) -> Response:
    # Another site could not read the answer, but could make us work.
    if request.headers.get("sec-fetch-site", "none") not in HERE:
        return JSONResponse({"error": "only the viewer itself may ask this"}, 403, HEADERS)
    name = unquote(request.headers.get("x-file-name", "scan"))
    paper = request.query_params.get("paper", config.paper)
    scan = work.scan_of(await request.body(), name, paper, config.limits)
    model = plane.get_model_from_registry(config.model_name)
    told = stream.answer(model, partial(desk.carry_out, scan))
    return StreamingResponse(told, headers=HEADERS, media_type=stream.MEDIA_TYPE)
