"""Images from the web: only from hosts that the user allows, never more bytes than allowed, no redirect elsewhere."""

from pathlib import Path
from urllib.parse import urlsplit

from urllib3 import HTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from pulih.common.errors import InputError, StoreError
from pulih.common.files import atomic_path

CHUNK = 2**20
TIMEOUT = Timeout(connect=10, read=60)


def is_web(address: str) -> bool:
    """Return whether an address is one of the web."""
    return address.startswith(("http://", "https://"))


def check_allowed(address: str, hosts: tuple[str, ...]) -> None:
    """Raise InputError unless the host of an address is allowed.

    Args:
        hosts: ``host`` or ``host:port`` for https, ``http://host:port`` for what is not encrypted.
    """
    parts = urlsplit(address)
    origin = parts.netloc if parts.scheme == "https" else f"{parts.scheme}://{parts.netloc}"
    if origin not in hosts:
        fix = f"Fetch it yourself, or allow the host: --set 'hosts=[\"{origin}\"]'."
        raise InputError(f"a host among {list(hosts)}", f"{origin} in {address}", fix)


def fetch(address: str, target: Path, hosts: tuple[str, ...], most: int) -> None:
    """Copy what is at an address to ``target``, which appears whole.

    Raises:
        InputError: the host is not allowed, or it gives more than ``most`` bytes, or a redirect.
        StoreError: the host does not answer, or refuses.
    """
    check_allowed(address, hosts)
    retries = Retry(total=2, redirect=False, status_forcelist=(502, 503, 504), backoff_factor=1)
    try:
        with PoolManager(timeout=TIMEOUT, retries=retries) as pool:
            answer = pool.request("GET", address, preload_content=False, redirect=False)
            if answer.status in range(300, 400):
                fix = "Name that address in the manifest."
                raise InputError(f"an image at {address}", f"a redirect to {answer.headers.get('Location')}", fix)
            if answer.status != 200:
                raise StoreError(f"an image at {address}", f"the answer {answer.status}", "Try it with a browser.")
            _save(answer, address, target, most)  # type: ignore[arg-type]
    except HTTPError as err:
        raise StoreError(f"an answer from {address}", str(err), "Try again, or fetch it yourself.") from err


def _save(answer: HTTPResponse, address: str, target: Path, most: int) -> None:
    got = 0
    with atomic_path(target) as temporary, temporary.open("wb") as file:
        for chunk in answer.stream(CHUNK):
            got += len(chunk)
            if got > most:
                raise InputError(f"at most {most:,} bytes from {address}", "more", "Fetch a smaller image.")
            file.write(chunk)
