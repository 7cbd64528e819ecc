"""One object on its way down: continued where a lost connection left it, and verified at the end."""

import hashlib
import re
from typing import TYPE_CHECKING, BinaryIO

from minio import Minio
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from pulih.common.errors import StoreError
from pulih.stores.retries import wait
from pulih.stores.urls import S3Url

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 2**20
SHA256 = "x-amz-meta-sha256"
PLAIN_MD5 = re.compile(r"[0-9a-f]{32}")


class Download:
    """The transfer of the object at ``url`` to ``target``; with ``etag``, other content is refused."""

    def __init__(self, client: Minio, url: S3Url, etag: str | None, target: BinaryIO) -> None:
        self._client, self._url, self._etag, self._target = client, url, etag, target
        self._done, self._size = 0, -1
        self._hash: _Hash | None = None
        self._digest = ""

    def run(self, retries: int) -> None:
        """Fetch the object, continuing after at most ``retries`` lost connections, and verify it.

        Raises:
            StoreError: what came is not what was stored.
            Exception: one of ``failures.FAILURES``.
        """
        for attempt in range(1, retries + 1):
            try:
                self._advance()
                break
            except (ProtocolError, ReadTimeoutError) as err:
                wait(f"GET {self._url} at byte {self._done}", type(err).__name__, attempt, retries)
        else:
            self._advance()
        self._verify()

    def _advance(self) -> None:
        if self._done == self._size:
            return
        wanted: dict[str, str | list[str] | tuple[str]] = {"If-Match": f'"{self._etag}"'} if self._etag else {}
        response = self._client.get_object(
            self._url.bucket, self._url.key, offset=self._done, request_headers=wanted or None
        )
        try:
            if self._size < 0:
                self._expect(response)
            for chunk in response.stream(CHUNK, decode_content=False):
                self._target.write(chunk)
                self._done += len(chunk)
                if self._hash:
                    self._hash.update(chunk)
        finally:
            response.close()
            response.release_conn()

    def _expect(self, response: BaseHTTPResponse) -> None:
        headers = response.headers
        self._size = int(headers["content-length"])
        self._etag = headers.get("etag", "").strip('"') or self._etag
        if SHA256 in headers:
            self._hash, self._digest = hashlib.sha256(), headers[SHA256]
        # Of parts, and under server-side encryption, the tag is not the MD5 of the content.
        elif PLAIN_MD5.fullmatch(self._etag or "") and "x-amz-server-side-encryption" not in headers:
            self._hash, self._digest = hashlib.md5(usedforsecurity=False), self._etag or ""

    def _verify(self) -> None:
        if self._done != self._size:
            raise StoreError(f"{self._size} bytes of {self._url}", f"{self._done} bytes", "Run the same command again.")
        if self._hash and self._hash.hexdigest() != self._digest:
            fix = "Publish it again: the store, or somebody who wrote past Pulih, altered it."
            raise StoreError(f"{self._url} with the digest it was stored with", "other content", fix)
