"""The API of a Kubeflow Pipelines server, as far as a run is followed there."""

import json
from collections.abc import Iterator
from typing import Any

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from pulih.common.errors import StoreError
from pulih.common.settings import Settings

ANSWER = Timeout(connect=10, read=30)
# A training may be silent for long; a connection that was lost must not be held for ever.
STREAM = Timeout(connect=10, read=900)


class ServerRefused(StoreError):
    """The server answered, and asking again will not help."""


class Server:
    """Reads runs and the logs of their pods; the token is looked up anew for every request."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._pool = settings, PoolManager(retries=False)
        self.address = str(settings.kfp_host).rstrip("/")

    def run(self, run_id: str) -> dict[str, Any]:
        """Return a run with the state of its tasks.

        Raises:
            ServerRefused: the run or the token is not (or no longer) known.
            StoreError: no answer, or one that is no run.
        """
        answer = self._get(f"/apis/v2beta1/runs/{run_id}", ANSWER)
        try:
            found: dict[str, Any] = json.loads(answer.data)
        except (ValueError, HTTPError) as err:
            raise StoreError(f"the run {run_id} from {self.address}", f"no JSON ({err})", "Try again.") from err
        return found

    def log(self, run_id: str, pod: str) -> Iterator[str]:
        """Give the lines of a pod of a run until it ends; raises StoreError where there is no log, or no more."""
        answer = self._get(f"/apis/v1alpha1/runs/{run_id}/nodes/{pod}/log?follow=true", STREAM, preload_content=False)
        rest = b""
        try:
            for chunk in answer.stream(2**16, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace").rstrip("\r") for line in lines)
        except HTTPError as err:
            raise StoreError(f"the log of {pod}", str(err), "It is asked for again.") from err
        finally:
            answer.release_conn()
        if rest:
            yield rest.decode("utf-8", "replace")

    def _get(self, path: str, timeout: Timeout, **options: Any) -> BaseHTTPResponse:
        token = self._settings.kfp_bearer()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = self._pool.request(
                "GET", self.address + path, headers=headers, timeout=timeout, redirect=False, **options
            )
        except HTTPError as err:
            raise StoreError(f"an answer from {self.address}", type(err).__name__, "Start the server.") from err
        if answer.status == 200:
            return answer
        kind = ServerRefused if answer.status in (301, 302, 400, 401, 403, 404) else StoreError
        fix = "A token that expires belongs in a file that is renewed: PULIH_KFP_TOKEN_FILE."
        raise kind(f"{path.partition('?')[0]} of {self.address}", f"HTTP status {answer.status}", fix)
