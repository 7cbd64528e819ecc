"""Admission of requests before any of their bytes are parsed: how large, how slow, how many at once."""

import asyncio
import json

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pulih.common.logging import get_logger
from serving.call import current
from serving.config import ServingConfig
from serving.load import Busy, Load

log = get_logger(__name__)
DRAINED_BYTES = 256 * 2**20  # a client that is still sending must finish before it reads our refusal


class BodyRefused(Exception):
    """A body that is not let in; ``status`` is the HTTP answer."""

    def __init__(self, status: int, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.retry_after = status, retry_after


class Admission:
    """ASGI middleware that reads a body up to its limits, and refuses with 413, 408 or 429 and a reason."""

    def __init__(self, app: ASGIApp, config: ServingConfig, load: Load) -> None:
        self._app, self._config, self._load = app, config, load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests without a body at once, others with their body read."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        try:
            with self._load.request(await self._announced(scope, receive)):
                body = await self._read(scope, receive)
                if body is not None:
                    current().received = len(body)
                    await self._while_client_waits(scope, body, receive, send)
        except Busy as busy:
            await _drain(scope, receive)
            await _answer(send, BodyRefused(429, str(busy), busy.retry_after))
        except BodyRefused as refusal:
            await _answer(send, refusal)

    async def _announced(self, scope: Scope, receive: Receive) -> int:
        """Return the size of the body, as announced; a chunked one may become as large as any."""
        size = int(Headers(scope=scope).get("content-length", self._config.max_body_bytes))
        if size > self._config.max_body_bytes:
            await _drain(scope, receive)
            raise self._too_large(f"{size:,} bytes")
        return size

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the whole body, or None when the client has gone."""
        try:
            async with asyncio.timeout(self._config.body_seconds):
                return await self._collect(scope, receive)
        except TimeoutError as err:
            raise BodyRefused(408, f"the body did not arrive within {self._config.body_seconds:g} s") from err

    async def _while_client_waits(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        started = False

        async def observed(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        work = asyncio.ensure_future(self._app(scope, _replay(body, receive), observed))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            # The end of the answer, too, looks like a client that has gone.
            if gone.done() and not started:
                work.cancel()
            await asyncio.wait({work})
        finally:
            gone.cancel()
            work.cancel()
        if not work.cancelled():
            work.result()

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


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


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
    if refusal.retry_after is None:  # a busy server has a line for each of those already
        log.info("refused with %d: %s", refusal.status, refusal)
    body = json.dumps({"error": str(refusal)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
