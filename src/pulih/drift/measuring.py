"""Descriptors by way of the feature store: known pages are not measured again, and all are read back from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from pulih.common.logging import get_logger
from pulih.common.progress import track
from pulih.common.version import source_digest
from pulih.drift.archive import Scan
from pulih.drift.reading import ONE_PAGE_SUFFIXES, Broken, Page, Readers, page_id
from pulih.features.catalogue import CODE, ENTITY, NAMES
from pulih.stores.features import MOMENT, FeatureRepository

log = get_logger(__name__)
SCANS_PER_SAVE = 200


@dataclass(frozen=True)
class Described:
    """The pages of some scans.

    ``table`` has one row per page: ``page_id``, ``name``, ``path``, ``position`` and the descriptors; ``broken`` is
    what could not be described.
    """

    table: pd.DataFrame
    broken: tuple[Broken, ...]

    @property
    def values(self) -> pd.DataFrame:
        """The descriptors alone, one column each, NaN where a page gave no ground to measure one."""
        return self.table[list(NAMES)].astype(float)


def measured_by() -> str:
    """Return the digest of the code that measures: rows of other code are measured again."""
    return source_digest("drift/descriptors")


def describe_through(repository: FeatureRepository, readers: Readers, scans: Sequence[Scan], label: str) -> Described:
    """Describe ``scans`` and return their features as the repository knows them at the end of it.

    What is measured is saved every 200 scans, so that a run that was killed continues there.

    Raises:
        Interrupted: a stop was requested.
        StoreError: the repository cannot be used.
    """
    known = _known_pages(repository, scans)
    missing = [scan for scan in scans if page_id(scan) not in known]
    if known:
        log.info("%s: %d of %d pages are known to the feature store", label, len(scans) - len(missing), len(scans))
    pages = [Page(page_id(scan), scan.name, scan, 1, {}) for scan in scans if page_id(scan) in known]
    broken: list[Broken] = []
    progress = track(readers.describe(missing), f"drift: {label}", total=len(missing))
    unsaved: list[Page] = []
    try:
        for found in progress:
            unsaved += [page for page in found if isinstance(page, Page)]
            broken += [page for page in found if isinstance(page, Broken)]
            if len(unsaved) >= SCANS_PER_SAVE:
                pages += _save(repository, unsaved)
                unsaved = []
    finally:
        pages += _save(repository, unsaved)
    return Described(_read_back(repository, pages), tuple(broken))


def _known_pages(repository: FeatureRepository, scans: Sequence[Scan]) -> set[str]:
    # A TIFF may hold several pages, which only its decoding tells.
    single = [page_id(scan) for scan in scans if scan.path.suffix.lower() in ONE_PAGE_SUFFIXES]
    latest = repository.latest(single)
    return set() if latest.empty else set(latest.loc[latest[CODE] == measured_by(), ENTITY])


def _save(repository: FeatureRepository, pages: list[Page]) -> list[Page]:
    if pages:
        rows = pd.DataFrame([{ENTITY: page.page_id, **page.values} for page in pages]).drop_duplicates(ENTITY)
        rows[CODE], rows[MOMENT] = measured_by(), pd.Timestamp(datetime.now(UTC))
        repository.add(rows)
    return pages


def _read_back(repository: FeatureRepository, pages: list[Page]) -> pd.DataFrame:
    where = [
        {ENTITY: page.page_id, "name": page.name, "path": str(page.scan.path), "position": page.position}
        for page in pages
    ]
    table = pd.DataFrame(where, columns=[ENTITY, "name", "path", "position"]).sort_values("name", ignore_index=True)
    if table.empty:
        return table.reindex(columns=[*table.columns, *NAMES])
    features = repository.at(table[ENTITY].tolist(), datetime.now(UTC))
    return table.merge(features.drop(columns=CODE), on=ENTITY, how="left", validate="one_to_one")
