"""Addresses of objects: ``s3://bucket/key``."""

import re
from dataclasses import dataclass
from pathlib import Path

from pulih.common.errors import StoreError

SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):/+")
BUCKET = re.compile(r"(?!xn--)(?!.*(\.\.|\.-|-\.))(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
LONGEST_KEY = 1024


@dataclass(frozen=True)
class S3Url:
    """A bucket and a key (or the prefix of keys; empty for the whole bucket)."""

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> "S3Url":
        return S3Url(self.bucket, self.prefix + name)

    @property
    def prefix(self) -> str:
        """The key as a folder: with a slash at its end unless it is empty."""
        return self.key if not self.key or self.key.endswith("/") else f"{self.key}/"

    @property
    def name(self) -> str:
        """The last part of the key, or the bucket when there is none."""
        return self.key.rstrip("/").rsplit("/", 1)[-1] or self.bucket

    @classmethod
    def parse(cls, text: str) -> "S3Url":
        """Parse ``s3://bucket/key``; raises StoreError when it is none."""
        bucket, _, key = SCHEME.sub("", text).partition("/")
        if not is_s3(text) or not BUCKET.fullmatch(bucket):
            fix = "A bucket has 3 to 63 small letters, digits, dots and hyphens."
            raise StoreError("an address s3://bucket/key", repr(text), fix)
        if len(key.encode()) > LONGEST_KEY or {".", ".."} & set(key.split("/")):
            fix = f"A key has at most {LONGEST_KEY} bytes and no part '.' or '..'."
            raise StoreError("a key that S3 allows", repr(text[:200]), fix)
        return cls(bucket, key)


def is_s3(path: str | Path) -> bool:
    """Return whether ``path`` is an ``s3://`` address (also after ``Path`` made ``s3:/`` of it).

    Raises:
        StoreError: it is an address of another kind, such as ``https://`` or ``gs://``.
    """
    match = SCHEME.match(str(path))
    if not match:
        return False
    if match[1].lower() != "s3":
        raise StoreError("a local path or s3://bucket/key", f"a {match[1]}:// address", "Copy the data to one of both.")
    return True
