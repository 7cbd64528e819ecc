"""A client of the endpoint: pages in, pages out, patient where the server asks for patience."""

import http.client
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulih.client.transport import AGAIN, Bounds, Response, exchange, parsed_url, pause
from pulih.common.errors import InputError, PulihError
from pulih.common.logging import get_logger

log = get_logger(__name__)
MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"II": "image/tiff", b"MM": "image/tiff"}
UNKNOWN = "image/x-unknown"  # the server looks into the file itself, and says what it found


class EndpointError(PulihError):
    """An endpoint that does not answer, or not as it should; ``status`` is its HTTP answer, if there was one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class EndpointSettings:
    """How patient a client is and how much it sends and takes; seconds and bytes.

    ``patience_seconds`` is the time in which a request is tried again while the server is busy or away; ``headers`` go
    with every request, for instance ``Authorization``.
    """

    model: str = "restorer"
    connect_seconds: float = 10.0
    answer_seconds: float = 600.0
    patience_seconds: float = 600.0
    max_sent_bytes: int = 64 * 2**20
    max_answer_bytes: int = 2**30
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A restored page as PNG, with what the server says of it; ``seconds`` include every try and pause."""

    png: bytes
    request_id: str
    model_digest: str
    scale: float | None
    x_height: float | None
    confidence: float | None
    seconds: float
    tries: int


class Endpoint:
    """Talks to the endpoint at ``url``, such as ``http://host:8080``; may be used by several threads at once."""

    def __init__(self, url: str, settings: EndpointSettings = EndpointSettings()) -> None:
        self._url, self._settings = parsed_url(url), settings
        self.url = url.rstrip("/")
        self._bounds = Bounds(settings.connect_seconds, settings.answer_seconds, settings.max_answer_bytes)

    def restore(self, image: bytes, paper: str = "keep", request_id: str | None = None) -> Answer:
        """Restore an image file of one page (PNG, JPEG or TIFF).

        Args:
            paper: ``keep`` shows the page's own paper, ``white`` writes on white.
            request_id: names the request in the server's log; one is made when none is given.

        Raises:
            InputError: the image is none, or too large; says what to do.
            EndpointError: no answer within the patience, or a failure of the server.
        """
        settings, started = self._settings, time.monotonic()
        if len(image) > settings.max_sent_bytes:
            found = f"one of {len(image):,}"
            raise InputError(f"an image of at most {settings.max_sent_bytes:,} bytes", found, "Compress or cut it.")
        kind = next((kind for magic, kind in MAGIC.items() if image.startswith(magic)), UNKNOWN)
        named = {"X-Request-Id": request_id or secrets.token_hex(8), "X-Pulih-Paper": paper, "Content-Type": kind}
        answer, tries = self._patiently("POST", f"/v1/models/{settings.model}:predict", image, named)
        if not answer.body.startswith(b"\x89PNG"):
            raise EndpointError(f"{self.url} answered with something that is no PNG", answer.status)
        told = answer.headers
        return Answer(
            answer.body,
            told.get("x-request-id", named["X-Request-Id"]),
            told.get("x-model-digest", ""),
            scale=_number(told.get("x-pulih-scale")),
            x_height=_number(told.get("x-pulih-x-height")),
            confidence=_number(told.get("x-pulih-confidence")),
            seconds=time.monotonic() - started,
            tries=tries,
        )

    def is_ready(self) -> bool:
        """Return whether the endpoint takes pages right now; asks once."""
        try:
            return self._ask("GET", f"/v2/models/{self._settings.model}/ready", None, {}).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def metadata(self) -> dict[str, Any]:
        """Return the V2 metadata of the model; its ``versions`` hold the artifact's digest; raises EndpointError."""
        answer, _ = self._patiently("GET", f"/v2/models/{self._settings.model}", None, {})
        values: dict[str, Any] = json.loads(answer.body)
        return values

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Response:
        return exchange(self._url, method, path, body, {**self._settings.headers, **headers}, self._bounds)

    def _patiently(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[Response, int]:
        """Ask until there is an answer, and return it with the number of tries."""
        deadline, tries = time.monotonic() + self._settings.patience_seconds, 0
        while True:
            tries += 1
            retry_after = None
            try:
                answer = self._ask(method, path, body, headers)
            except TimeoutError as err:
                # It may still be at work: asking again would double that.
                raise EndpointError(f"no answer from {self.url} in time: {err}") from err
            except (OSError, http.client.HTTPException) as err:
                failure = EndpointError(f"no answer from {self.url}: {str(err) or type(err).__name__}")
            else:
                if answer.status not in AGAIN:
                    return _good(answer), tries
                failure = EndpointError(_reason(answer), answer.status)
                retry_after = answer.headers.get("retry-after")
            wait = pause(tries, retry_after)
            if time.monotonic() + wait > deadline:
                raise failure
            log.debug("%s; trying again in %.1f s", failure, wait)
            time.sleep(wait)


def _good(answer: Response) -> Response:
    """Return an answer of status 200; raises InputError for the caller's fault, else EndpointError."""
    if answer.status == 200:
        return answer
    told = _told(answer)
    if answer.status == 400 and {"expected", "found", "fix"} <= set(told):
        raise InputError(str(told["expected"]), str(told["found"]), str(told["fix"]))
    if answer.status == 413:
        raise InputError("an image that the endpoint takes", _reason(answer), "Compress or cut it.")
    raise EndpointError(_reason(answer), answer.status)


def _reason(answer: Response) -> str:
    text = _told(answer).get("error") or answer.body[:300].decode("utf-8", "replace")
    return f"the endpoint answered with status {answer.status}: {text}"


def _told(answer: Response) -> dict[str, Any]:
    try:
        values = json.loads(answer.body)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
