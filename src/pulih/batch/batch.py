"""The whole of ``pulih batch``: from an input and an output to restored pages, lists and a report."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pulih.batch.conclusion import Conclusion, gather, write_lists
from pulih.batch.config import BatchConfig
from pulih.batch.intake import Intake
from pulih.batch.manifests import check_addresses, manifest_sources, write_manifest
from pulih.batch.pages import now
from pulih.batch.pictures import Pictures
from pulih.batch.pool import Pool
from pulih.batch.report import write_report
from pulih.batch.run import Batch, Identity
from pulih.batch.segmentation import BY_KRAKEN, BY_ROWS, segmenter
from pulih.batch.sources import Source, find_sources
from pulih.batch.state import open_state
from pulih.batch.task import Setup
from pulih.batch.workspaces import is_mets, mets_sources, register
from pulih.common.config import digest_of
from pulih.common.errors import InputError
from pulih.common.interrupt import stop_on_signal
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.data.iiif import is_manifest
from pulih.data.manifest import verify

log = get_logger(__name__)
FOLDER = "_batch"  # below the output: state, log, lists, report
STATE, LOG, SPOOL = "state.sqlite", "batch.log", "spool"


NO_READER = (
    "Train one: 'pulih run --config configs/quick.json' takes minutes and is good for a trial, configs/cpu.json takes "
    "hours. Then give --recognizer runs/latest/evaluator. Leave --read out to restore without reading."
)


@dataclass(frozen=True)
class Artifacts:
    """The folders of the restorer and, where one judges, of a recognizer."""

    restorer: Path
    recognizer: Path | None = None


def run_batch(
    config: BatchConfig, text: str, output: Path, artifacts: Artifacts, destination: str | None = None
) -> Conclusion:
    """Restore what ``text`` names into ``output``; a repeated call goes on where the last one was.

    Args:
        text: a folder, a glob, a list of paths, an ``s3://`` prefix, or the METS file of a workspace: then ``output``
            is a folder in it, and becomes a file group. Or a IIIF manifest.
        destination: an ``s3://`` prefix to which answers are copied as they are finished.

    Raises:
        InputError: the input names no image, or text is asked for without a recognizer.
        ArtifactError: an artifact is missing or altered.
        BatchAborted: a policy ended the batch.
        Interrupted: SIGTERM or Ctrl-C; the same command goes on.
        FolderBusy: another batch works in ``output``.
    """
    path = Path(text)
    check_addresses(text, config)
    if is_mets(path):
        return _run_workspace(config, path, output, artifacts)
    known = manifest_sources(path, config) if is_manifest(path) else None
    sources = known or find_sources(text, config.recursive, output)
    conclusion = run_sources(config, sources, output, artifacts, destination)
    if config.iiif:
        log.info("manifest: %s", write_manifest(text, output, config, conclusion))
    return conclusion


def _run_workspace(config: BatchConfig, mets: Path, output: Path, artifacts: Artifacts) -> Conclusion:
    in_workspace = config.model_copy(update={"page": config.page.model_copy(update={"xml": True})})
    sources = mets_sources(mets, config.group, config.pages, output)
    conclusion = run_sources(in_workspace, sources, output, artifacts)
    register(mets, output, conclusion)
    return conclusion


def run_sources(
    config: BatchConfig,
    sources: Sequence[Source],
    output: Path,
    artifacts: Artifacts,
    destination: str | None = None,
    part: str = "",
) -> Conclusion:
    """Restore sources into ``output``; arguments and errors as ``run_batch``.

    Args:
        part: names the folder, below that of the batch, of a part that others work on beside.
    """
    if config.page.read != "no":
        _check_reading(artifacts)
    identity = _identity(config, artifacts)
    folder = output / FOLDER / part
    setup = Setup(artifacts.restorer, artifacts.recognizer, config.page, output, destination, folder / LOG)
    workers = min(config.workers or len(os.sched_getaffinity(0)), len(sources))
    log.info("%d pages, %d workers, model %s", len(sources), workers, identity.model)
    with only_process(folder), open_state(folder / STATE) as state, stop_on_signal() as stop:
        intake = Intake(folder / SPOOL, config.page.takes_xml, config.page.limits, config.hosts)
        batch = Batch(config, sources, output, identity, state)
        try:
            with Pool(workers, setup, config.timeout) as pool:
                batch.work(pool, intake, stop)
        finally:
            told = identity.model, identity.told
            conclusion = gather(state, sources, batch.progress, told, now())
            write_lists(conclusion, folder)
        write_report(conclusion, Pictures(intake, output, config.page.limits), config.samples, folder)
    return conclusion


def _identity(config: BatchConfig, artifacts: Artifacts) -> Identity:
    judge = verify(artifacts.recognizer, "recognizer").digest() if artifacts.recognizer else None
    told = config.page.model_dump(mode="json") | {"recognizer": judge}
    return Identity(verify(artifacts.restorer, "restorer").digest(), digest_of(told), told)


def _check_reading(artifacts: Artifacts) -> None:
    if artifacts.recognizer is None:
        raise InputError("a recognizer that reads the lines (--recognizer)", "none; Pulih comes without one", NO_READER)
    program = segmenter()
    log.info("pages without an XML file: %s", BY_KRAKEN if program else f"{BY_ROWS}; kraken is not installed")
