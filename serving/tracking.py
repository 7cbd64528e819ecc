"""Every request gets an id, a line in the log and its place in the histograms."""

from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pulih.common.logging import get_logger
from serving import metrics
from serving.call import CURRENT, Call, new_id
from serving.load import Load

log = get_logger(__name__)
KNOWN = ("v1", "v2", "viewer")
GONE = 499  # for log and metrics: the client did not wait for the answer


class Tracking:
    """ASGI middleware around everything else; what a request cost goes into headers, log and metrics."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self._app, self._load = app, load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and observe its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        first = scope["path"].split("/")[1] if "/" in scope["path"] else ""
        # A label for every path that anybody makes up would fill the memory.
        call = Call(new_id(Headers(scope=scope).get("x-request-id", "")), first if first in KNOWN else "other")
        status, sent = GONE, 0

        async def observed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                self._tell(call, message)
            sent += len(message.get("body", b""))
            await send(message)

        token = CURRENT.set(call)
        try:
            await self._app(scope, receive, observed)
        except Exception:
            status = 500
            raise
        finally:
            if scope["method"] == "POST":
                record(call, f"POST {quote(scope['path'], safe='/:')}", status, sent)
                if call.pages:
                    self._load.answered(call.worked)
            CURRENT.reset(token)

    def _tell(self, call: Call, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in call.headers().items():
            headers[name] = value
        if self._load.draining:
            headers["connection"] = "close"


def record(call: Call, what: str, status: int | str, sent: int) -> None:
    """Log and count one finished request; ``sent`` in bytes."""
    seconds = call.age
    metrics.REQUESTS.labels(call.protocol, str(status)).observe(seconds)
    facts = {"request_id": call.id, "status": status, "seconds": round(seconds, 4), "received": call.received}
    facts |= {"sent": sent, "pages": call.pages, "tiles": call.tiles, "digest": call.digest}
    facts |= {"waited": round(call.waited, 4), "worked": round(call.worked, 4), "network": round(call.network, 4)}
    text = "%s %s in %.3f s, %d pages, %d tiles, waited %.3f s, request %s"
    log.info(text, what, status, seconds, call.pages, call.tiles, call.waited, call.id, extra=facts)
