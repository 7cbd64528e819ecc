"""One HTTP exchange, bounded in time and size, and how long to wait before the next try."""

import email.utils
import http.client
import random
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pulih.common.errors import InputError

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds
AGAIN = {429, 502, 503}  # the server, or a proxy before it, has no place at the moment


@dataclass(frozen=True)
class Response:
    """What came back: ``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Bounds:
    """Seconds to connect and to wait for the answer, and the bytes that an answer may have."""

    connect_seconds: float
    answer_seconds: float
    answer_bytes: int


def parsed_url(url: str) -> SplitResult:
    """Return the parts of an endpoint's address; raises InputError."""
    parts = urlsplit(url)
    try:
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment:
        raise InputError("an address such as http://host:8080", repr(url), "Correct the address of the endpoint.")
    return parts


def exchange(
    url: SplitResult, method: str, path: str, body: bytes | None, headers: dict[str, str], bounds: Bounds
) -> Response:
    """Send one request over a connection of its own.

    Raises:
        OSError: nobody answers, or not in time.
        http.client.HTTPException: the answer breaks off or is no HTTP.
        InputError: the answer is larger than it may be.
    """
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(url.hostname), url.port, timeout=bounds.connect_seconds)
    try:
        connection.connect()
        connection.sock.settimeout(bounds.answer_seconds)
        connection.request(method, url.path.rstrip("/") + path, body, headers)
        response = connection.getresponse()
        content = response.read(bounds.answer_bytes + 1)
        if len(content) > bounds.answer_bytes:
            raise InputError(f"an answer of at most {bounds.answer_bytes:,} bytes", "more", "Raise max_answer_bytes.")
        if response.length:
            raise http.client.IncompleteRead(content, response.length)
        return Response(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
    finally:
        connection.close()


def pause(attempt: int, retry_after: str | None = None) -> float:
    """Return the seconds to wait after failed try ``attempt``, the first is 1.

    It is what the server asks for, else longer each time, and never the same for all clients.
    """
    asked = _seconds(retry_after) if retry_after else None
    if asked is not None:
        return asked * random.uniform(1.0, 1.25)  # noqa: S311 - no secret
    longer = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))
    return longer * random.uniform(0.5, 1.0)  # noqa: S311


def _seconds(retry_after: str) -> float | None:
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
