"""Trial deployment: the real server, a real page, over both protocols, and stopped again."""

import hashlib
import importlib.util
import platform
from pathlib import Path
from typing import Any

import numpy as np

from pulih import __version__
from pulih.common.errors import PulihError
from pulih.common.files import write_bytes, write_json
from pulih.common.logging import get_logger
from pulih.data import manifest
from pulih.data.encoding import encode_png
from pulih.data.images import DecodedImage, decode_image, read_pages
from pulih.data.workspace import run_stage
from pulih.deployment.client import Answer
from pulih.deployment.config import DeploymentConfig
from pulih.deployment.server import Patience, RunningServer, running_server
from pulih.restorer.files import side_by_side
from pulih.restorer.resample import resized

log = get_logger(__name__)
KIND = "deployment"
PAGE, ANSWER, COMPARISON = "page.png", "answer.png", "comparison.png"
RECORD, SERVER_LOG = "deployment.json", "server.log"
DETAIL_SIDE = 600


def deploy(config: DeploymentConfig, restorer: Path, page: Path, output: Path) -> manifest.Manifest:
    """Serve ``restorer`` on a free loopback port, send it ``page``, keep page, answer and latencies in ``output``.

    Raises:
        InputError: the page is no image within the limits.
        PulihError: the server did not start, did not answer as it should, or ended; its log is quoted.
    """
    image = _page_to_send(page, config.max_side)
    resolved = config.model_copy(
        update={"page_sha256": hashlib.sha256(page.read_bytes()).hexdigest(), "server_digest": _server_digest()}
    )
    parents = {"restorer": restorer}
    return run_stage(KIND, resolved, parents, output, lambda folder: _try_out(config, restorer, page, image, folder))


def _page_to_send(page: Path, max_side: int) -> DecodedImage:
    image = next(read_pages(page))
    factor = min(1.0, max_side / max(image.pixels.shape[:2]))
    dpi = None if image.dpi is None else (image.dpi[0] * factor, image.dpi[1] * factor)
    return DecodedImage(resized(image.pixels, factor), dpi, image.rgb_profile)


def _server_digest() -> str:
    spec = importlib.util.find_spec("serving")
    if spec is None or not spec.submodule_search_locations:
        raise PulihError("the package 'serving' is not installed")
    summed = hashlib.sha256()
    for path in sorted(Path(spec.submodule_search_locations[0]).glob("*.py")):
        summed.update(path.name.encode() + b"\0" + path.read_bytes())
    return summed.hexdigest()[:12]


def _try_out(config: DeploymentConfig, restorer: Path, page: Path, image: DecodedImage, folder: Path) -> dict[str, Any]:
    sent, detail = _encoded(image), _encoded(_detail(image))
    patience = Patience(config.start_seconds, config.answer_seconds, config.stop_seconds)
    with running_server(restorer, folder / SERVER_LOG, patience, (f"threads={config.threads}",)) as server:
        metadata = _checked_metadata(server)
        answers = {"page_v2": server.client.restore_v2(sent)}
        answers |= {"detail_v1": server.client.restore_v1(detail), "detail_v2": server.client.restore_v2(detail)}
    restored = _checked_answer(answers, image)
    write_bytes(folder / PAGE, sent)
    write_bytes(folder / ANSWER, answers["page_v2"].png)
    write_bytes(folder / COMPARISON, encode_png(side_by_side(image.pixels, restored.pixels)))
    height, width = image.pixels.shape[:2]
    facts = {
        "page": page.name,
        "width": width,
        "height": height,
        "model_digest": manifest.read_manifest(restorer).digest(),
        "ready_seconds": round(server.ready_seconds, 3),
        **{f"{name}_seconds": round(answer.seconds, 3) for name, answer in answers.items()},
    }
    write_json(folder / RECORD, {**facts, **metadata, "answers": _record(answers), **_versions()})
    log.info(
        "served %s: ready in %.1f s, answered in %.1f s", page.name, server.ready_seconds, answers["page_v2"].seconds
    )
    return facts


def _encoded(image: DecodedImage) -> bytes:
    return encode_png(image.pixels, image.dpi, image.rgb_profile)


def _detail(image: DecodedImage) -> DecodedImage:
    """Cut the middle of the page: enough to compare the protocols without restoring the page twice more."""
    top, left = (max(0, (side - DETAIL_SIDE) // 2) for side in image.pixels.shape[:2])
    pixels = image.pixels[top : top + DETAIL_SIDE, left : left + DETAIL_SIDE]
    return DecodedImage(np.ascontiguousarray(pixels), image.dpi, image.rgb_profile)


def _checked_metadata(server: RunningServer) -> dict[str, Any]:
    model = server.client.model_metadata()
    names = [tensor["name"] for tensor in (*model["inputs"], *model["outputs"])]
    if names != ["image", "restored"]:
        raise PulihError(f"the server describes the tensors {names} instead of image and restored")
    return {"server": server.client.server_metadata(), "model": model}


def _checked_answer(answers: dict[str, Answer], sent: DecodedImage) -> DecodedImage:
    if answers["detail_v1"].png != answers["detail_v2"].png:
        raise PulihError("the server answered the same image differently over V1 and V2")
    restored = decode_image(answers["page_v2"].png, "the server's answer")
    if restored.pixels.shape != sent.pixels.shape:
        raise PulihError(f"a page of shape {sent.pixels.shape} came back as {restored.pixels.shape}")
    if np.ptp(restored.pixels) == 0:
        log.warning("the restored page is of one colour")
    return restored


def _record(answers: dict[str, Answer]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "seconds": round(answer.seconds, 4),
            "sent_bytes": answer.sent_bytes,
            "received_bytes": answer.received_bytes,
        }
        for name, answer in answers.items()
    }


def _versions() -> dict[str, str]:
    return {"pulih_version": __version__, "python_version": platform.python_version()}
