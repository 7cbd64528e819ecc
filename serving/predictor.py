"""The KServe model: it decodes, restores and encodes outside of the event loop, one page at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

import numpy as np
from kserve import InferRequest, InferResponse, Model

from pulih import __version__
from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import RestoredPage, Restorer
from serving import metrics
from serving.answers import v1_answer, v2_answer
from serving.config import ServingConfig
from serving.protocol import INPUT, OUTPUT, PageRequest, parse_v1, parse_v2

log = get_logger(__name__)
Answer: TypeAlias = dict[str, Any] | InferResponse | bytes
Result = TypeVar("Result")


class RestorerModel(Model):
    """Serves one restorer; ready only after a warm-up inference."""

    def __init__(self, config: ServingConfig, restorer: Restorer) -> None:
        super().__init__(config.model_name, return_response_headers=True)
        self._config, self._restorer = config, restorer
        # One page uses all cores already; pages side by side would only multiply the memory.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="restore")

    def load(self) -> bool:
        """Restore a small blank page, so that the first request meets a warm model, then become ready."""
        warm = self._restorer.restore_page(np.full((256, 512, 3), 230, np.uint8))
        log.info("model %s (digest %s) is warm: %.2f s", self.name, self._restorer.digest, warm.seconds)
        metrics.MODEL.info({"name": self.name, "digest": self._restorer.digest, "version": __version__})
        self.ready = True
        return self.ready

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
        """
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._worker, self._counted, payload)
        if isinstance(answer, bytes) and response_headers is not None:
            response_headers["content-type"] = "image/png"
        return answer

    async def in_turn(self, work: Callable[[Restorer], Result]) -> Result:
        """Run ``work`` with the restorer that serves when the pages before it are done, and return what it returns."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, lambda: work(self._restorer))

    def _counted(self, payload: Any) -> Answer:
        try:
            return self._answer(payload)
        except InputError:
            metrics.PAGES.labels(metrics.REFUSED).inc()
            raise
        except Exception:
            metrics.PAGES.labels(metrics.FAILED).inc()
            raise

    def _answer(self, payload: Any) -> Answer:
        config = self._config
        if isinstance(payload, InferRequest):
            kind, requests = parse_v2(payload, config.paper, config.limits, config.max_images)
            images = [self._restore(request)[0] for request in requests]
            return v2_answer(payload, kind, images, self._restorer.digest)
        if isinstance(payload, bytes):
            return self._restore_file(PageRequest("the body", payload, config.paper))[0]
        requests = parse_v1(payload, config.paper, config.max_images)
        return v1_answer([self._restore_file(request) for request in requests], self._restorer.digest)

    def _restore(self, request: PageRequest) -> tuple[Any, RestoredPage]:
        if isinstance(request.content, bytes):
            return self._restore_file(request)
        page = self._restorer.restore_page(request.content, request.paper)
        return page.image, _measured(page)

    def _restore_file(self, request: PageRequest) -> tuple[bytes, RestoredPage]:
        assert isinstance(request.content, bytes)
        png, page = restore_bytes(request.content, request.name, self._restorer, request.paper, self._config.limits)
        return png, _measured(page)


def _measured(page: RestoredPage) -> RestoredPage:
    metrics.PAGES.labels(metrics.RESTORED).inc()
    metrics.SECONDS.observe(page.seconds)
    metrics.PIXELS.inc(page.luminance.size)
    return page
