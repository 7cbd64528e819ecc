"""The drift stage: the synthetic pages against an archive's, by interpretable descriptors."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from pulih.common.errors import ArtifactError, InputError
from pulih.common.files import atomic_path, write_json
from pulih.common.interrupt import stop_on_signal
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data import manifest
from pulih.data.lines import KIND as LINES
from pulih.data.pages import FOLDER as PAGES
from pulih.data.workspace import run_stage
from pulih.drift.archive import Archive, Scan, has_scans, read_archive, stand_in
from pulih.drift.calibration import thresholds
from pulih.drift.config import DriftConfig
from pulih.drift.evidence import evidently_scores
from pulih.drift.gallery import write_gallery
from pulih.drift.measuring import Described, describe_through
from pulih.drift.outliers import distances, furthest, robust_deviations
from pulih.drift.reading import start_readers
from pulih.drift.report import Compared, write_report
from pulih.drift.repository import page_repository
from pulih.drift.summary import summarize
from pulih.drift.verdicts import judge
from pulih.stores.paths import local_input

log = get_logger(__name__)
KIND = "drift"
FEWEST = 3
SCAN_SUFFIX = ".degraded.png"


def detect(config: DriftConfig, lines: Path, output: Path) -> manifest.Manifest:
    """Compare the pages of the ``lines`` artifact with the archive and write the verdicts to ``output``.

    The archive's content is a parent of the artifact, so that a changed archive is never taken for the old one.

    Raises:
        InputError: the archive has no readable scan, or too many unreadable ones.
        ArtifactError: ``lines`` is missing or altered, or has fewer than three pages.
        StoreError: the object store or the feature store fails.
        Interrupted: SIGTERM or Ctrl-C; described pages stay in the feature store.
    """
    archive = find_archive(config, output / "state")
    record = archive.record(output / "state" / "archive")
    parents = {"lines": lines, "archive": record}
    return run_stage(KIND, config, parents, output, lambda folder: _compare(config, lines, archive, folder))


def find_archive(config: DriftConfig, state: Path) -> Archive:
    """Return the archive that ``config`` names, else the real data's, else a stand-in, which is said aloud."""
    settings = Settings()
    default = settings.real_data / "archive"
    if config.archive:
        location = local_input(config.archive, settings=settings)
        return read_archive(location, config.archive, config.max_files, config.seed)
    if has_scans(default):
        return read_archive(default, str(default), config.max_files, config.seed)
    return stand_in(state)


def _compare(config: DriftConfig, lines: Path, archive: Archive, folder: Path) -> dict[str, Any]:
    reference, current = _describe(config, _reference_scans(lines), archive)
    limits = thresholds(reference.values, current.values, config)
    scores = evidently_scores(reference.values, current.values, limits, config.drift_share, folder)
    verdicts = judge(reference.values, current.values, limits, scores)
    outliers = furthest(reference.values, current.table, config.gallery)
    pictures = write_gallery(outliers, folder)
    compared = Compared(reference.table, current.table, verdicts, outliers, pictures, {})
    summary = summarize(config, compared, current, archive, manifest.read_manifest(lines).digest())
    records = {
        "descriptors": [asdict(verdict) for verdict in verdicts],
        "gallery": [
            {key: value for key, value in asdict(outlier).items() if key != "path"} | {"picture": picture}
            for outlier, picture in zip(outliers, pictures, strict=True)
        ],
    }
    write_json(folder / "drift.json", {"summary": summary, **records})
    _write_pages(reference, current, folder / "pages.parquet")
    write_report(Compared(reference.table, current.table, verdicts, outliers, pictures, summary), folder)
    _say(summary, [verdict.sentence for verdict in verdicts if verdict.drifted])
    return {key: summary[key] for key in ("verdict", "drifted", "drift_share", "archive", "stand_in", "pages")} | {
        "skipped": len(summary["broken"]),
        "drifted_descriptors": [verdict.name for verdict in verdicts if verdict.drifted],
    }


def _reference_scans(lines: Path) -> list[Scan]:
    files = manifest.verify(lines, LINES).files
    scans = [
        Scan(Path(name).name.removesuffix(SCAN_SUFFIX), lines / name, digest)
        for name, digest in sorted(files.items())
        if name.startswith(f"{PAGES}/") and name.endswith(SCAN_SUFFIX)
    ]
    if len(scans) < FEWEST:
        fix = "Synthesize more: synthesis.pages."
        raise ArtifactError(f"at least {FEWEST} synthetic pages in {lines}", f"{len(scans)}", fix)
    return scans


def _describe(config: DriftConfig, reference: list[Scan], archive: Archive) -> tuple[Described, Described]:
    with (
        page_repository(Settings()) as repository,
        stop_on_signal() as stop,
        start_readers(config.workers, stop) as readers,
    ):
        expected = describe_through(repository, readers, reference, "synthetic pages")
        found = describe_through(repository, readers, archive.scans, "archive pages")
    _check_broken(config, archive, found)
    return expected, found


def _check_broken(config: DriftConfig, archive: Archive, found: Described) -> None:
    for broken in found.broken:
        log.warning("skipped %s: %s", broken.name, broken.reason)
    share = len(found.broken) / max(1, len(found.broken) + len(found.table))
    if found.table.empty or share > config.max_broken:
        first = "; ".join(f"{broken.name}: {broken.reason}" for broken in found.broken[:3])
        fix = "Repair or remove them, or raise drift.max_broken."
        expected = f"readable scans in {archive.title} (at most {config.max_broken:.0%} broken)"
        raise InputError(expected, f"{len(found.broken)} broken of {len(archive.scans)} ({first})", fix)


def _write_pages(reference: Described, current: Described, path: Path) -> None:
    tables = [
        side.table.drop(columns="path").assign(
            side=name, distance=distances(robust_deviations(reference.values, side.values))
        )
        for name, side in (("reference", reference), ("archive", current))
    ]
    with atomic_path(path) as temporary:
        pd.concat(tables, ignore_index=True).to_parquet(temporary, index=False)


def _say(summary: dict[str, Any], sentences: list[str]) -> None:
    verdict = {"none": "is like", "partial": "differs in part from", "drift": "differs from"}[summary["verdict"]]
    counts = summary["descriptors"]
    log.info(
        "drift: %s %s the synthesis, %d of %d descriptors drifted",
        summary["archive"],
        verdict,
        counts["drifted"],
        counts["compared"],
    )
    for sentence in sentences:
        log.info("drift: %s", sentence)
