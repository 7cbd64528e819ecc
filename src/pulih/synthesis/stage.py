"""The synthesis stage: lines and pages with known clean versions, as one artifact."""

import functools
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pulih.common.errors import ConfigError
from pulih.common.interrupt import stop_on_signal
from pulih.common.progress import track
from pulih.data.lines import KIND, SPLITS, Split, shard_name, write_shard
from pulih.data.manifest import Manifest
from pulih.data.workspace import run_stage
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.faces import faces_of, names_of
from pulih.synthesis.shards import build_lines
from pulih.synthesis.sources import sources_digest
from pulih.synthesis.text import TextSource
from pulih.synthesis.workers import resolved_workers, run_jobs


@dataclass(frozen=True)
class Job:
    """One file or group of files to write: a shard of lines, or a page."""

    folder: Path
    config: SynthesisConfig
    split: Split
    number: int


def synthesize(config: SynthesisConfig, output: Path) -> Manifest:
    """Write the lines and pages of ``config`` to ``output`` and return the artifact's manifest.

    The same config gives the same bytes with any number of workers; a run that was killed continues.

    Raises:
        InputError: a font or a text cannot be used.
        ConfigError: ``config.sources`` names other fonts or texts than those found.
        Interrupted: SIGTERM or Ctrl-C; finished files stay.
    """
    found = sources_digest(config)
    if config.sources not in ("", found):
        fix = "Restore the fonts and texts, or drop 'sources' from the config."
        raise ConfigError(f"fonts and texts with digest {config.sources}", f"digest {found}", fix)
    resolved = config.model_copy(update={"sources": found})
    return run_stage(KIND, resolved, {}, output, lambda folder: _write(resolved, folder))


def _write(config: SynthesisConfig, folder: Path) -> dict[str, Any]:
    for leftover in folder.glob(".*.tar.*"):
        leftover.unlink(missing_ok=True)
    jobs = [Job(folder, config, split, n) for split in SPLITS for n in range(-(-config.lines_of(split) // config.shard_size))]
    missing = [job for job in jobs if not _target(job).is_file()]
    with stop_on_signal() as stop:
        finished = run_jobs(_work, missing, resolved_workers(config.workers), stop)
        for _ in track(finished, "synthesis: files", total=len(jobs), done=len(jobs) - len(missing)):
            pass
    return _facts(config, folder)


def _target(job: Job) -> Path:
    return job.folder / shard_name(job.split, job.number)


@functools.lru_cache(maxsize=4)
def _text_source(config_json: str, split: Split) -> TextSource:
    return TextSource(SynthesisConfig.model_validate_json(config_json), split)


def _work(job: Job) -> None:
    # One thread per process, and no result that depends on how OpenCV shares out its work.
    cv2.setNumThreads(1)
    text = _text_source(job.config.model_dump_json(), job.split)
    write_shard(_target(job), build_lines(job.config, text, faces_of(job.config, job.split), job.number))


def _facts(config: SynthesisConfig, folder: Path) -> dict[str, Any]:
    metas = {split: [meta for path in sorted(folder.glob(f"{split}-*.tar")) for meta in _metas(path)] for split in SPLITS}
    every = [meta for split in SPLITS for meta in metas[split]]
    seen = sorted(names_of(config, "train"))
    return {
        "lines": {split: len(metas[split]) for split in SPLITS},
        "fonts": {"seen": seen, "held_out": sorted(names_of(config, "test_unseen"))},
        "psnr_by_severity_third": [_mean(every, "psnr", third) for third in range(3)],
        "psnr_white_page": _mean(every, "psnr_white"),
    }


def _mean(metas: list[dict[str, Any]], key: str, third: int | None = None) -> float | None:
    values = [meta[key] for meta in metas if third is None or min(2, int(3 * meta["severity"])) == third]
    return round(float(np.mean(values)), 2) if values else None


def _metas(path: Path) -> list[dict[str, Any]]:
    with tarfile.open(path, "r:") as tar:
        files = [tar.extractfile(member) for member in tar if member.name.endswith(".meta.json")]
        return [json.loads(file.read()) for file in files if file is not None]
