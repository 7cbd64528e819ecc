"""One long answer in parts, sent while the work goes on: a line of JSON each, and the bytes that it announces.

Nothing is kept on the server: what a page needs is in the answer to its one request. A reader who leaves ends the work.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from pulih.restorer.infer import Restorer
from serving import metrics
from serving.predictor import RestorerModel

log = get_logger(__name__)
MEDIA_TYPE = "application/octet-stream"


class ReaderGone(Exception):
    """Nobody waits for the answer any more."""


class Tell(Protocol):
    """Sends one part; raises ReaderGone when nobody waits for it."""

    def __call__(self, part: str, body: bytes | None = None, **facts: Any) -> None:
        """Send ``facts`` under the name ``part``, then ``body``."""


def frame(part: str, body: bytes | None = None, **facts: Any) -> bytes:
    """Return a part as bytes: JSON, a line feed, the body; ``size`` says how long the body is."""
    header = {"part": part, **facts} | ({} if body is None else {"size": len(body)})
    return json.dumps(header).encode() + b"\n" + (body or b"")


FAILURE = frame("error", expected="", found="", fix="")


async def answer(model: RestorerModel, work: Callable[[Restorer, Tell], None]) -> AsyncIterator[bytes]:
    """Do ``work`` in its turn and yield the parts that it tells, an error among them."""
    loop, parts, gone = asyncio.get_running_loop(), asyncio.Queue[bytes | None](), threading.Event()

    def tell(part: str, body: bytes | None = None, **facts: Any) -> None:
        if gone.is_set():
            raise ReaderGone
        loop.call_soon_threadsafe(parts.put_nowait, frame(part, body, **facts))

    yield frame("progress", stage="waiting")
    running = asyncio.ensure_future(model.in_turn(lambda restorer: _counted(work, restorer, tell)))
    running.add_done_callback(lambda _: parts.put_nowait(None))
    try:
        while (part := await parts.get()) is not None:
            yield part
        yield await running
    except Exception:
        # The head of the answer is out: only a part can still say so.
        log.exception("a page of the viewer got no answer")
        yield FAILURE
    finally:
        gone.set()


def _counted(work: Callable[[Restorer, Tell], None], restorer: Restorer, tell: Tell) -> bytes:
    try:
        work(restorer, tell)
    except ReaderGone:
        log.info("the reader left before the page was done")
        return b""
    except InputError as err:
        metrics.PAGES.labels(metrics.REFUSED).inc()
        log.info("refused: %s", err)
        return frame("error", expected=err.expected, found=err.found, fix=err.fix)
    except Exception:
        metrics.PAGES.labels(metrics.FAILED).inc()
        log.exception("a page of the viewer failed")
        return FAILURE
    metrics.PAGES.labels(metrics.RESTORED).inc()
    return frame("end")
