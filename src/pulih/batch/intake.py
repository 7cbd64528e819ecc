"""From what is listed to what can be worked on: fetched, hashed and measured, a few files ahead of the workers."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from pulih.batch.sources import Source
from pulih.common.config import digest_of
from pulih.common.errors import InputError, StoreError
from pulih.common.settings import Settings
from pulih.data.images import FORMATS, ImageLimits
from pulih.data.manifest import file_sha256
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url, is_s3
from pulih.stores.web import fetch, is_web


@dataclass(frozen=True)
class Prepared:
    """A source with local files and digests; ``problem`` says why there are none, and ``pixels`` may be 0: unknown."""

    source: Source
    path: Path = Path()
    xml: Path | None = None
    sha256: str = ""
    xml_sha256: str = ""
    pixels: int = 0
    problem: str = ""


class Intake:
    """Prepares sources in their order; copies from a store lie in ``spool`` until they are released."""

    def __init__(self, spool: Path, with_xml: bool, limits: ImageLimits, hosts: tuple[str, ...] = ()) -> None:
        self._spool, self._with_xml, self._limits, self._hosts = spool, with_xml, limits, hosts
        self._store: ObjectStore | None = None

    def ahead(self, sources: Iterable[Source], count: int) -> Iterator[Prepared]:
        """Yield every source prepared, at most ``count`` of them before they are asked for."""
        rest = iter(sources)
        with ThreadPoolExecutor(min(count, 4)) as threads:
            waiting: deque[Future[Prepared]] = deque(threads.submit(self.prepare, s) for s in islice(rest, count))
            try:
                while waiting:
                    prepared = waiting.popleft().result()
                    waiting.extend(threads.submit(self.prepare, source) for source in islice(rest, 1))
                    yield prepared
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def prepare(self, source: Source) -> Prepared:
        """Fetch and hash one source; what goes wrong is this page's problem."""
        try:
            path = self.fetched(source.place, source.tag)
            if path.stat().st_size > self._limits.max_bytes:
                found = f"{path.stat().st_size:,} bytes"
                raise InputError(f"at most {self._limits.max_bytes:,} bytes", found, "Split the file.")  # noqa: TRY301
            xml = self.fetched(source.xml, None) if self._with_xml and source.xml else None
            digests = file_sha256(path), file_sha256(xml) if xml else ""
            return Prepared(source, path, xml, *digests, pixels_of(path))
        except (InputError, StoreError) as err:
            return Prepared(source, problem=str(err))
        except OSError as err:
            return Prepared(source, problem=f"{source.place} cannot be read: {err.strerror or err}")

    def fetched(self, place: str, tag: str | None) -> Path:
        """Return a local path for ``place``, which is itself unless it is in a store or on the web."""
        if is_web(place):
            copy = self._spool / digest_of(place) / Path(urlsplit(place).path).name
            if not copy.is_file():
                fetch(place, copy, self._hosts, self._limits.max_bytes)
            return copy
        if not is_s3(place):
            return Path(place)
        url = S3Url.parse(place)
        if self._store is None:
            self._store = ObjectStore.from_settings(Settings())
        target = self._spool / digest_of([place, tag]) / Path(url.name).name
        if not target.is_file():
            self._store.download(url, target, tag)
        return target

    def release(self, *paths: Path | None) -> None:
        """Delete the local copies of what came from a store."""
        for path in paths:
            if path and path.is_relative_to(self._spool):
                path.unlink(missing_ok=True)


def pixels_of(path: Path) -> int:
    """Return the pixels that an image's header tells, 0 when it cannot be read; the worker will say why."""
    try:
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
            return image.size[0] * image.size[1]
    except Exception:  # noqa: BLE001 - on broken bytes Pillow raises anything
        return 0
