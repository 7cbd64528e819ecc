"""The synthesis stage: lines and pages with known clean versions, as one artifact."""

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from pulih.common.errors import ConfigError
from pulih.common.interrupt import stop_on_signal
from pulih.common.logging import get_logger
from pulih.common.progress import track
from pulih.data.lines import KIND, SPLITS
from pulih.data.manifest import Manifest
from pulih.data.workspace import run_stage
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.faces import faces_of, names_of, shaping
from pulih.synthesis.jobs import gather, jobs_of
from pulih.synthesis.sources import sources_digest
from pulih.synthesis.workers import resolved_workers, run_jobs

log = get_logger(__name__)


def synthesize(config: SynthesisConfig, output: Path) -> Manifest:
    """Write the lines and pages of ``config`` to ``output`` and return the artifact's manifest.

    The same config gives the same bytes with any number of workers; a run that was killed continues.

    Raises:
        InputError: a font or a text cannot be used.
        ConfigError: ``config.sources`` names other fonts or texts than those found.
        Interrupted: SIGTERM or Ctrl-C; finished files stay.
    """
    resolved = resolve(config)
    return run_stage(KIND, resolved, {}, output, lambda folder: _write(resolved, folder))


def resolve(config: SynthesisConfig) -> SynthesisConfig:
    """Return ``config`` with the digest of the user's own fonts and texts: other content is another config.

    Raises:
        InputError: a font or a text is missing.
        ConfigError: ``config.sources`` is given and differs from what is found.
    """
    found = sources_digest(config)
    if config.sources not in ("", found):
        fix = "Restore the fonts and texts, or drop 'sources' from the config."
        raise ConfigError(f"fonts and texts with digest {config.sources}", f"digest {found!r}", fix)
    return config.model_copy(update={"sources": found})


def _write(config: SynthesisConfig, folder: Path) -> dict[str, Any]:
    for leftover in [*folder.glob(".*.tar.*"), *folder.glob("*pages/.*-*")]:
        leftover.unlink(missing_ok=True)
    for split in SPLITS:
        if config.lines_of(split):
            faces_of(config, split)
    if shaping() == "basic":
        log.warning("no FriBiDi on this machine: letters are not joined or kerned as their font says (pulih doctor)")
    jobs = jobs_of(config)
    missing = [job for job in jobs if not job.is_done(folder)]
    if missing:
        with stop_on_signal() as stop:
            finished = run_jobs(gather(config, folder), missing, resolved_workers(config.workers), stop)
            for _ in track(finished, "synthesis: files", total=len(jobs), done=len(jobs) - len(missing)):
                pass
    return _facts(config, folder)


def _facts(config: SynthesisConfig, folder: Path) -> dict[str, Any]:
    metas = {split: _metas(folder, split) for split in SPLITS}
    every = [meta for split in SPLITS for meta in metas[split]]
    return {
        "lines": {split: len(metas[split]) for split in SPLITS},
        "pages": config.pages,
        "train_pages": config.train_pages,
        "fonts": {"seen": sorted(names_of(config, "train")), "held_out": sorted(names_of(config, "test_unseen"))},
        "shaping": shaping(),
        "psnr_by_severity_third": [_mean(every, "psnr", third) for third in range(3)],
        "psnr_white_page": _mean(every, "psnr_white"),
    }


def _mean(metas: list[dict[str, Any]], key: str, third: int | None = None) -> float | None:
    values = [meta[key] for meta in metas if third is None or min(2, int(3 * meta["severity"])) == third]
    return round(float(np.mean(values)), 2) if values else None


def _metas(folder: Path, split: str) -> list[dict[str, Any]]:
    metas: list[dict[str, Any]] = []
    for path in sorted(folder.glob(f"{split}-*.tar")):
        with tarfile.open(path, "r:") as tar:
            files = [tar.extractfile(member) for member in tar if member.name.endswith(".meta.json")]
            metas += [json.loads(file.read()) for file in files if file is not None]
    return metas
