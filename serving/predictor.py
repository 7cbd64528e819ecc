"""The KServe model: it decodes, restores and encodes outside of the event loop, in the order of arrival."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

import numpy as np
from kserve import InferRequest, Model

from pulih import __version__
from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import RestoredPage, Restorer
from serving import metrics
from serving.answers import TensorAnswer, v1_answer, v2_answer
from serving.call import Abandoned, TooSlow, current
from serving.config import ServingConfig
from serving.protocol import INPUT, OUTPUT, PageRequest, chosen_paper, parse_v1, parse_v2

log = get_logger(__name__)
PAPER_HEADER = "x-pulih-paper"  # a raw image has no other place for it
Answer: TypeAlias = dict[str, Any] | TensorAnswer | bytes
Result = TypeVar("Result")


class RestorerModel(Model):
    """Serves one restorer at a time; ready only after a warm-up inference."""

    def __init__(self, config: ServingConfig, restorer: Restorer) -> None:
        super().__init__(config.model_name, return_response_headers=True)
        self._config, self._restorer = config, restorer
        self._pages = ThreadPoolExecutor(config.pages_at_once, thread_name_prefix="restore")

    @property
    def digest(self) -> str:
        """Identifies the artifact that answers."""
        return self._restorer.digest

    def load(self) -> bool:
        """Restore a small blank page, so that the first request meets a warm model, then become ready."""
        self.swap(self._restorer)
        self.ready = True
        return self.ready

    def swap(self, restorer: Restorer) -> None:
        """Warm a restorer up and let it answer from now on; running requests keep the one they began with."""
        warm = restorer.restore_page(np.full((256, 512, 3), 230, np.uint8))
        log.info("model %s (digest %s) is warm: %.2f s", self.name, restorer.digest, warm.seconds)
        metrics.MODEL.info({"name": self.name, "digest": restorer.digest, "version": __version__})
        self._restorer = restorer

    def get_input_types(self) -> list[dict[str, Any]]:
        """Describe the input for the V2 metadata: files of PNG, JPEG or TIFF; UINT8 pixels are taken as well."""
        return [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}]

    def get_output_types(self) -> list[dict[str, Any]]:
        """Describe the output for the V2 metadata: PNG files in the order of the input."""
        return [{"name": OUTPUT, "datatype": "BYTES", "shape": [-1]}]

    async def predict(
        self, payload: Any, headers: dict[str, str] | None = None, response_headers: dict[str, str] | None = None
    ) -> Answer:
        """Answer a V1 body (a dict, or the bytes of an image file) or a V2 request.

        Raises:
            InputError: the caller's fault; the server answers 400 with its text.
            TooSlow: the request is older than ``request_seconds``.
        """
        paper = (headers or {}).get(PAPER_HEADER, self._config.paper)
        answer = await self.in_turn(lambda restorer: _Job(self._config, restorer, paper).counted(payload))
        if isinstance(answer, bytes) and response_headers is not None:
            response_headers["content-type"] = "image/png"
        return answer

    async def in_turn(self, work: Callable[[Restorer], Result]) -> Result:
        """Run ``work`` with the restorer that serves when the pages before it are done, and return what it returns.

        Raises:
            TooSlow: the request is older than ``request_seconds``; the work stops at its next tile.
        """
        call = current()
        running = self._pages.submit(contextvars.copy_context().run, work, self._restorer)
        try:
            async with asyncio.timeout(self._config.request_seconds - call.age):
                return await asyncio.wrap_future(running)
        except TimeoutError as err:
            call.abandon()
            raise TooSlow(f"no answer within {self._config.request_seconds:g} s (request_seconds)") from err
        except asyncio.CancelledError:
            call.abandon()
            raise


class _Job:
    """One request in its worker thread, with the model that was current when it arrived."""

    def __init__(self, config: ServingConfig, restorer: Restorer, paper: str) -> None:
        self._config, self._restorer, self._call, self._paper = config, restorer, current(), paper
        self._call.digest = restorer.digest

    def counted(self, payload: Any) -> Answer:
        """Answer, and count what became of it."""
        call, started = self._call, time.perf_counter()
        call.waited = call.age
        metrics.QUEUE.observe(call.waited)
        try:
            call.check()
            return self._answer(payload)
        except InputError:
            metrics.PAGES.labels(metrics.REFUSED).inc()
            raise
        except Abandoned:
            metrics.PAGES.labels(metrics.GIVEN_UP).inc()
            raise
        except Exception:
            metrics.PAGES.labels(metrics.FAILED).inc()
            raise
        finally:
            call.worked = time.perf_counter() - started

    def _answer(self, payload: Any) -> Answer:
        config = self._config
        if isinstance(payload, InferRequest):
            kind, requests = parse_v2(payload, config.paper, config.limits, config.max_images)
            images = [self._restore(request)[0] for request in requests]
            return v2_answer(payload, kind, images, self._restorer.digest)
        if isinstance(payload, bytes):
            return self._restore_file(PageRequest("the body", payload, chosen_paper(self._paper)))[0]
        requests = parse_v1(payload, config.paper, config.max_images)
        return v1_answer([self._restore_file(request) for request in requests], self._restorer.digest)

    def _restore(self, request: PageRequest) -> tuple[Any, RestoredPage]:
        if isinstance(request.content, bytes):
            return self._restore_file(request)
        page = self._restorer.restore_page(request.content, request.paper)
        return page.image, self._measured(page)

    def _restore_file(self, request: PageRequest) -> tuple[bytes, RestoredPage]:
        assert isinstance(request.content, bytes)
        png, page = restore_bytes(request.content, request.name, self._restorer, request.paper, self._config.limits)
        return png, self._measured(page)

    def _measured(self, page: RestoredPage) -> RestoredPage:
        call = self._call
        call.scale, call.x_height, call.confidence = page.scale, page.x_height, page.trust.confidence
        call.pages += 1
        metrics.PAGES.labels(metrics.RESTORED).inc()
        metrics.SECONDS.observe(page.seconds)
        metrics.PIXELS.inc(page.luminance.size)
        metrics.TILES.observe(call.tiles / call.pages)
        if page.trust.confidence is not None:
            metrics.CONFIDENCE.observe(page.trust.confidence)
        return page
