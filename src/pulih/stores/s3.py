"""Objects in an S3-compatible store, through the minio client; the only module that opens one."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import certifi
from minio import Minio
from urllib3 import PoolManager, Timeout

from pulih.common.errors import StoreError
from pulih.common.files import atomic_path
from pulih.common.settings import Settings
from pulih.stores.download import Download
from pulih.stores.failures import FAILURES, explain
from pulih.stores.retries import LoggedRetry
from pulih.stores.urls import S3Url

CONNECT_TIMEOUT = 10.0
PART_SIZE = 8 * 2**20
MOST_PARTS = 10_000
LARGEST_OBJECT = 5 * 2**40
MOST_OBJECTS = 100_000


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing: its address, its size in bytes, and the store's tag of its content."""

    url: S3Url
    size: int
    etag: str


class ObjectStore:
    """The configured store. Transient failures are retried; every other one is a StoreError with the next step."""

    def __init__(self, client: Minio, address: str, retries: int) -> None:
        self._client, self.address, self._retries = client, address, retries
        self._known_buckets: set[str] = set()

    @classmethod
    def from_settings(cls, settings: Settings) -> "ObjectStore":
        """Open the store of ``settings`` (no request is made yet); raises StoreError when none is configured."""
        if not settings.s3_endpoint or not settings.s3_url:
            fix = "Set PULIH_S3_ENDPOINT, PULIH_S3_ACCESS_KEY and PULIH_S3_SECRET_KEY (docs/storage.md)."
            raise StoreError("the address of an S3 store", "PULIH_S3_ENDPOINT is not set", fix)
        if settings.s3_ca_file and not settings.s3_ca_file.is_file():
            raise StoreError(f"a certificate file {settings.s3_ca_file}", "no file", "Correct PULIH_S3_CA_FILE.")
        http = PoolManager(
            timeout=Timeout(connect=min(CONNECT_TIMEOUT, settings.s3_timeout), read=settings.s3_timeout),
            retries=LoggedRetry(settings.s3_retries),
            maxsize=16,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(settings.s3_ca_file or os.environ.get("SSL_CERT_FILE") or certifi.where()),
        )
        access, secret = settings.s3_access_key, settings.s3_secret_key
        try:
            client = Minio(
                settings.s3_endpoint,
                access_key=access.get_secret_value() if access else None,
                secret_key=secret.get_secret_value() if secret else None,
                secure=settings.s3_secure,
                region=settings.s3_region,
                http_client=http,
            )
        except ValueError as err:
            raise StoreError("an S3 endpoint and region", str(err), "Correct PULIH_S3_ENDPOINT or _REGION.") from err
        return cls(client, settings.s3_url, settings.s3_retries)

    @contextmanager
    def _explained(self, url: S3Url) -> Iterator[None]:
        try:
            yield
        except FAILURES as err:
            raise explain(err, url, self.address) from err

    def check_bucket(self, url: S3Url) -> None:
        """Raise StoreError unless the bucket exists and the keys are right (asked once per bucket).

        A listing answers with S3's error code, which a HEAD request cannot; and some stores create a missing
        bucket silently when something is written to it.
        """
        if url.bucket in self._known_buckets:
            return
        try:
            with self._explained(S3Url(url.bucket)):
                next(self._client.list_objects(url.bucket, prefix=".pulih-none"), None)
        except StoreError as err:
            # An identity may be allowed to read or write objects and not to list them.
            if "AccessDenied" not in err.found:
                raise
        self._known_buckets.add(url.bucket)

    def buckets(self) -> list[str]:
        """Return the names of the buckets that this identity may see."""
        with self._explained(S3Url("")):
            return sorted(bucket.name for bucket in self._client.list_buckets())

    def list(self, url: S3Url) -> list[StoredObject]:
        """List the objects below the folder ``url`` in the order of their keys (empty when there are none).

        Raises:
            StoreError: the store refuses, or there are more than ``MOST_OBJECTS``.
        """
        found: list[StoredObject] = []
        with self._explained(url):
            for entry in self._client.list_objects(url.bucket, prefix=url.prefix, recursive=True):
                key = entry.object_name or ""
                if entry.is_dir or key.endswith("/"):
                    continue
                if len(found) == MOST_OBJECTS:
                    raise StoreError(f"at most {MOST_OBJECTS} objects at {url}", "more", "Choose a narrower prefix.")
                found.append(StoredObject(S3Url(url.bucket, key), entry.size or 0, (entry.etag or "").strip('"')))
        self._known_buckets.add(url.bucket)
        return found

    def find(self, url: S3Url) -> StoredObject | None:
        """Return the object at exactly ``url``, or None."""
        if not url.key or url.key.endswith("/"):
            return None
        self.check_bucket(url)
        try:
            with self._explained(url):
                stat = self._client.stat_object(url.bucket, url.key)
        except StoreError as err:
            if "NoSuchKey" in err.found:
                return None
            raise
        return StoredObject(url, stat.size or 0, (stat.etag or "").strip('"'))

    def exists(self, url: S3Url) -> bool:
        """Return whether an object is at ``url``, or at least one below it."""
        return self.find(url) is not None or bool(self.list(url))

    def delete(self, url: S3Url) -> None:
        """Remove the object at ``url``; a missing one is no error."""
        self.check_bucket(url)
        with self._explained(url):
            self._client.remove_object(url.bucket, url.key)

    def upload(self, file: Path, url: S3Url) -> None:
        """Write ``file`` to ``url``: in parts when it is large, and visible only once it is whole.

        Raises:
            StoreError: the store refuses or is lost (the parts are given up), or the file changed meanwhile.
        """
        with file.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
            size = data.tell()
            data.seek(0)
            self._put(data, size, digest, url)

    def write(self, data: bytes, url: S3Url) -> None:
        """Write ``data`` to ``url``."""
        self._put(io.BytesIO(data), len(data), hashlib.sha256(data).hexdigest(), url)

    def _put(self, data: BinaryIO, size: int, digest: str, url: S3Url) -> None:
        if size > LARGEST_OBJECT:
            raise StoreError(f"at most {LARGEST_OBJECT} bytes for {url}", f"{size} bytes", "Split the file.")
        self.check_bucket(url)
        part_size = max(PART_SIZE, -(-size // MOST_PARTS))
        metadata: dict[str, str | list[str] | tuple[str]] = {"sha256": digest}
        try:
            with self._explained(url):
                self._client.put_object(url.bucket, url.key, data, size, metadata=metadata, part_size=part_size)
        except OSError as err:
            raise StoreError(f"a file of {size} bytes for {url}", str(err), "It changed meanwhile: try again.") from err

    def read(self, url: S3Url) -> bytes:
        """Return the content of the object at ``url``; for small ones."""
        target = io.BytesIO()
        self._get(url, None, target)
        return target.getvalue()

    def download(self, url: S3Url, target: Path, etag: str | None = None) -> None:
        """Write the object at ``url`` to the file ``target``, which appears only once it is whole and verified.

        Args:
            etag: the content expected; another one is refused.

        Raises:
            StoreError: the store refuses, is lost, or sent something else than was stored.
        """
        with atomic_path(target) as temporary, temporary.open("wb") as file:
            self._get(url, etag, file)

    def _get(self, url: S3Url, etag: str | None, target: BinaryIO) -> None:
        self.check_bucket(url)
        with self._explained(url):
            Download(self._client, url, etag, target).run(self._retries)
