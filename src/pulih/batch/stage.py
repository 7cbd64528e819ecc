"""A batch in parts, for a pipeline: pages are listed and divided, each part is restored, all are told of together.

Nothing is taken from an earlier run here: the archive and what is written of it lie outside, and may have changed.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pulih.batch.batch import FOLDER, LOG, Artifacts, run_sources
from pulih.batch.conclusion import FAILED_JSON, FAILED_TEXT, SUMMARY
from pulih.batch.config import ArchiveConfig
from pulih.batch.report import REPORT
from pulih.batch.sources import Source, find_sources
from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.common.files import write_json, write_text
from pulih.common.logging import also_logged_to
from pulih.data.manifest import Manifest, verify, write_manifest
from pulih.released.artifact import released_restorer
from pulih.stores.paths import local_input, publish
from pulih.stores.urls import is_s3

LISTED, PART, WHOLE = "pages", "batch-part", "batch"
COUNTS = ("pages", "restored", "passed", "failed", "skipped")
TOLD = (REPORT, FAILED_TEXT, FAILED_JSON, SUMMARY)


def list_pages(config: ArchiveConfig, output: Path) -> Manifest:
    """Find the pages and divide them into parts of equal size; the fact ``parts`` tells their number.

    Raises:
        InputError: the input names no image.
        StoreError: the store fails.
    """
    sources = find_sources(config.input, config.batch.recursive, Path(config.output))
    parts = min(config.parts, len(sources))
    for number in range(parts):
        # Neighbours are of one volume and alike: each part gets some of every volume.
        listed = [asdict(source) for source in sources[number::parts]]
        write_json(output / _name(number), {"sources": listed})
    return write_manifest(output, LISTED, config, {}, {"pages": len(sources), "parts": parts})


def restore_part(config: ArchiveConfig, pages: Path, number: int, output: Path) -> Manifest:
    """Restore one part to where the config says; the artifact holds report, figures and failures.

    A part of which some pages fail is a part that is done.

    Raises:
        ArtifactError: no such part, or an artifact is missing or altered.
        BatchAborted: a policy ended the batch.
    """
    verify(pages, LISTED)
    path = pages / _name(number)
    if not path.is_file():
        raise ArtifactError(f"part {number} of the pages in {pages}", "none", "List the pages again.")
    sources = [Source(**values) for values in read_json(path)["sources"]]

    with _place(config) as place:
        artifacts = _artifacts(config, place)
        told = place / FOLDER / f"part-{number:03}"
        destination = config.output if is_s3(config.output) else None
        with also_logged_to(told / LOG):
            run_sources(config.batch, sources, place, artifacts, destination, told.name)
        output.mkdir(parents=True, exist_ok=True)
        for name in TOLD:
            shutil.copyfile(told / name, output / name)
    return write_manifest(output, PART, config, {"pages": pages}, _facts(read_json(output / SUMMARY)))


def conclude(config: ArchiveConfig, parts: Sequence[Path], output: Path) -> Manifest:
    """Tell of all parts together, in an artifact and beside the pages: figures, and every page that failed."""
    ordered = sorted(parts, key=lambda part: read_json(part / SUMMARY)["ended"])

    for part in ordered:
        verify(part, PART)
    summaries = [read_json(part / SUMMARY) for part in ordered]
    facts = {name: sum(summary[name] for summary in summaries) for name in COUNTS}
    write_text(output / FAILED_TEXT, "".join((part / FAILED_TEXT).read_text(encoding="utf-8") for part in ordered))
    write_json(output / SUMMARY, facts | {"parts": summaries})
    for name in (FAILED_TEXT, SUMMARY):
        publish(output / name, f"{config.output.rstrip('/')}/{FOLDER}/{name}")
    return write_manifest(output, WHOLE, config, {}, facts)


def _name(number: int) -> str:
    return f"part-{number:03}.json"


def _facts(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: summary[name] for name in COUNTS} | {"pages_per_minute": summary["this_run"]["pages_per_minute"]}


@contextmanager
def _place(config: ArchiveConfig) -> Iterator[Path]:
    """Give the folder that pages are made in: that of the output, or one that lives as long as the part."""
    if not is_s3(config.output):
        yield Path(config.output)
        return
    with tempfile.TemporaryDirectory(prefix="pulih-batch-") as folder:
        yield Path(folder)


def _artifacts(config: ArchiveConfig, place: Path) -> Artifacts:
    cache = place / FOLDER / "models"
    restorer = local_input(config.restorer, cache) if config.restorer else released_restorer()
    return Artifacts(restorer, local_input(config.recognizer, cache) if config.recognizer else None)
