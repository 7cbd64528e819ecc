"""Another version of the model without a restart: on SIGUSR1, or when a look at ``model_dir`` finds one."""

import asyncio
import signal

from pulih.common.errors import PulihError
from pulih.common.logging import get_logger
from pulih.data import manifest
from pulih.stores.paths import local_input
from serving import metrics
from serving.config import ServingConfig
from serving.network import ServedRestorer, Turns
from serving.predictor import RestorerModel

log = get_logger(__name__)


class Swapper:
    """Replaces the model's restorer by what ``model_dir`` holds; the old one answers until the new one is warm."""

    def __init__(self, config: ServingConfig, model: RestorerModel, shared: Turns) -> None:
        self._config, self._model, self._shared = config, model, shared
        self._asked = asyncio.Event()

    async def watch(self) -> None:
        """Look whenever asked to, and every ``reload_seconds``, for ever."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._asked.set)
        while True:
            try:
                async with asyncio.timeout(self._config.reload_seconds or None):
                    await self._asked.wait()
            except TimeoutError:
                pass
            self._asked.clear()
            await asyncio.to_thread(self.look)

    def look(self) -> bool:
        """Swap when ``model_dir`` holds another version, and return whether it did; a bad one changes nothing."""
        try:
            folder = local_input(self._config.model_dir)
            found = manifest.read_manifest(folder).digest()
            if found == self._model.digest:
                return False
            self._model.swap(ServedRestorer.serve(folder, self._config, self._shared))
        except Exception as err:
            metrics.SWAPS.labels("refused").inc()
            # One that is still being written is refused too, and found whole at the next look.
            log.warning("the model stays %s: %s", self._model.digest, err, exc_info=not isinstance(err, PulihError))
            return False
        metrics.SWAPS.labels("done").inc()
        return True
