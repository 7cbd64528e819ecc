"""Admission of requests before any of their bytes are parsed: how large, how slow, how many at once."""

import asyncio
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pulih.common.logging import get_logger
from serving.config import ServingConfig

log = get_logger(__name__)
DRAINED_BYTES = 256 * 2**20  # a client that is still sending must finish before it reads our refusal


class BodyRefused(Exception):
    """A body that is not let in; ``status`` is the HTTP answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Admission:
    """ASGI middleware that reads a body up to its limits, and refuses with 413, 408 or 503 and a reason."""

    def __init__(self, app: ASGIApp, config: ServingConfig) -> None:
        self._app = app
        self._config = config
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests without a body at once, others with their body read."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        self._held += 1
        try:
            body = await self._read(scope, receive)
        except BodyRefused as refusal:
            log.info("refused with %d: %s", refusal.status, refusal)
            await _answer(send, refusal)
        else:
            if body is not None:
                await self._app(scope, _replay(body, receive), send)
        finally:
            self._held -= 1

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the whole body, or None when the client has gone."""
        if self._held > self._config.max_requests:
            await _drain(scope, receive)
            raise BodyRefused(503, f"{self._config.max_requests} requests are being served; try again in a moment")
        headers = {name.lower(): value for name, value in scope["headers"]}
        if int(headers.get(b"content-length", 0)) > self._config.max_body_bytes:
            await _drain(scope, receive)
            raise self._too_large(f"{int(headers[b'content-length']):,} bytes")
        try:
            async with asyncio.timeout(self._config.body_seconds):
                return await self._collect(scope, receive)
        except TimeoutError as err:
            raise BodyRefused(408, f"the body did not arrive within {self._config.body_seconds:g} s") from err

    async def _collect(self, scope: Scope, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._config.max_body_bytes:
                body.clear()
                await _drain(scope, receive)
                raise self._too_large("more")
            if not message.get("more_body"):
                return bytes(body)

    def _too_large(self, found: str) -> BodyRefused:
        limit = f"{self._config.max_body_bytes:,} bytes"
        fix = "Send fewer images at once, compress them, or raise max_body_bytes."
        return BodyRefused(413, f"expected a body of at most {limit}; found {found}. {fix}")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _drain(scope: Scope, receive: Receive) -> None:
    """Throw away what the client is still sending; one that waits for ``100 Continue`` sends nothing."""
    if any(name.lower() == b"expect" for name, _ in scope["headers"]):
        return
    drained = 0
    try:
        async with asyncio.timeout(30):
            while drained < DRAINED_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return
    except TimeoutError:
        return


async def _answer(send: Send, refusal: BodyRefused) -> None:
    body = json.dumps({"error": str(refusal)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if refusal.status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
