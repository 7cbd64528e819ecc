"""A page that a model must restore before it gets more traffic, sent through the API server."""

import base64
import binascii
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pulih.common.errors import ClusterError, InputError
from pulih.common.logging import get_logger
from pulih.data.encoding import encode_png
from pulih.data.images import decode_image
from pulih.deployment.endpoint import PORT, Pattern
from pulih.deployment.release import Release
from pulih.stores.cluster import Cluster

log = get_logger(__name__)
WIDTH, HEIGHT = 512, 256
SETTLE_SECONDS = 20.0
Probe = Callable[[Any, Release, bool], None]


def drawn_page() -> bytes:
    """Return a small page with strokes on toned paper as PNG: what is sent when no page is named."""
    page = np.full((HEIGHT, WIDTH, 3), (230, 220, 200), np.uint8)
    for top in range(40, HEIGHT - 40, 48):
        page[top : top + 3, 40 : WIDTH - 40 : 2] = (70, 50, 40)
        page[top - 12 : top + 12, 60 : WIDTH - 60 : 24] = (70, 50, 40)
    return encode_png(page, None, None)


def prober(cluster: Cluster, pattern: Pattern, page: bytes, pages: int) -> Probe:
    """Return what sends ``page`` so many times to the pods of a release and checks each answer.

    Raises (the returned function):
        ClusterError: no answer, one of another model, or one that is no restored page.
    """
    height, width = decode_image(page, "the page to send").pixels.shape[:2]

    def probe(found: Any, release: Release, canary: bool) -> None:
        service = service_of(pattern, found, release, canary)
        body = {"instances": [{"image": {"b64": base64.b64encode(page).decode("ascii")}}]}
        for _ in range(pages):
            answer = _asked(cluster, service, f"v1/models/{pattern.name}:predict", body)
            _check(answer, service, release, (height, width))
        log.info("%s restored %d pages of %d x %d pixels", service, pages, width, height)

    return probe


def _asked(cluster: Cluster, service: str, path: str, body: dict[str, Any]) -> Any:
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            return cluster.ask_service(service, PORT, path, body)
        except ClusterError as err:
            # A pod that has just become ready is not yet known to every proxy, and 429 says that it is busy.
            if getattr(err, "status", None) not in (429, 502, 503, 504) or time.monotonic() > deadline:
                raise
        time.sleep(1.0)


def service_of(pattern: Pattern, found: Any, release: Release, canary: bool) -> str:
    """Return the Service of exactly the pods that serve ``release``.

    Knative has one per revision, in Standard mode a canary has its own.
    """
    if pattern.mode == "Knative":
        return f"{found['status']['components']['predictor']['latestReadyRevision']}-private"
    return f"{pattern.name}-{release.canary}-predictor" if canary else f"{pattern.name}-predictor"


def _check(answer: Any, service: str, release: Release, size: tuple[int, int]) -> None:
    fix = "Look at the log of its pods; nothing else changed."
    digest = answer.get("model_digest") if isinstance(answer, dict) else None
    if digest != release.digest:
        raise ClusterError(f"an answer of restorer {release.digest} from {service}", f"one of {digest}", fix)
    try:
        png = base64.b64decode(answer["predictions"][0]["image"]["b64"], validate=True)
        restored = decode_image(png, f"the answer of {service}").pixels.shape[:2]
    except (LookupError, TypeError, binascii.Error, InputError) as err:
        raise ClusterError(f"a restored page from {service}", f"{type(err).__name__}: {err}", fix) from err
    if restored != size:
        raise ClusterError(f"a page of {size} pixels from {service}", f"one of {restored}", fix)
