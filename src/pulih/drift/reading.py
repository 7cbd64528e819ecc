"""Describing many scans in parallel processes; a broken scan is noted, not fatal."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from pulih.common.children import leave_signals_to_parent
from pulih.common.errors import InputError, Interrupted
from pulih.common.interrupt import StopFlag
from pulih.data.images import read_pages
from pulih.drift.archive import Scan
from pulih.drift.descriptors.page import describe

IDENTITY_DIGITS = 24
WORTH_A_PROCESS = 4
ONE_PAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Page:
    """A described page: its identity in the feature store, the scan it is in (position from 1), its descriptors."""

    page_id: str
    name: str
    scan: Scan
    position: int
    values: dict[str, float]


@dataclass(frozen=True)
class Broken:
    """A scan, or a page of one, that could not be described, and why."""

    name: str
    reason: str


def page_id(scan: Scan, position: int = 1) -> str:
    """Return the identity of a page: the digest of the scan's bytes, and the position from the second page on."""
    digest = scan.sha256[:IDENTITY_DIGITS]
    return digest if position == 1 else f"{digest}-{position}"


def describe_scan(scan: Scan) -> list[Page | Broken]:
    """Describe the pages of a scan; what cannot be read becomes ``Broken``."""
    described: list[Page | Broken] = []
    try:
        for position, image in enumerate(read_pages(scan.path), start=1):
            name = scan.name if position == 1 else f"{scan.name}, page {position}"
            described.append(_describe(scan, name, position, image.pixels))
    except InputError as err:
        described.append(Broken(scan.name, f"{err.found}; expected {err.expected}"))
    return described


def _describe(scan: Scan, name: str, position: int, pixels: "cv2.typing.MatLike") -> Page | Broken:
    try:
        return Page(page_id(scan, position), name, scan, position, describe(pixels))
    except InputError as err:
        return Broken(name, f"{err.found}; expected {err.expected}")


class Readers:
    """Processes that describe scans; use ``start_readers``."""

    def __init__(self, pool: ProcessPoolExecutor | None, stop: StopFlag) -> None:
        self._pool, self._stop = pool, stop

    def describe(self, scans: Sequence[Scan]) -> Iterator[list[Page | Broken]]:
        """Yield what each scan gave, in order; a few scans are described in this very process.

        Raises:
            Interrupted: a stop was requested.
        """
        if self._pool is None or len(scans) < WORTH_A_PROCESS:
            for scan in scans:
                self._heed()
                yield describe_scan(scan)
            return
        futures = [self._pool.submit(describe_scan, scan) for scan in scans]
        for future in futures:
            self._heed()
            yield future.result()

    def _heed(self) -> None:
        if self._stop.requested:
            fix = "described pages stay: run the same command again to continue"
            raise Interrupted(f"the drift check was stopped; {fix}")


@contextmanager
def start_readers(workers: int, stop: StopFlag) -> Iterator[Readers]:
    """Start processes that describe scans, 0 meaning one per core; they end with the block."""
    workers = workers or len(os.sched_getaffinity(0))
    if workers == 1:
        yield Readers(None, stop)
        return
    # Spawned, because forking a process that holds the threads of other libraries may lock up.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_begin_worker) as pool:
        try:
            yield Readers(pool, stop)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin_worker() -> None:
    leave_signals_to_parent()
    cv2.setNumThreads(1)
