"""From lines to one row of figures per line and method."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pulih.common.errors import ArtifactError
from pulih.common.logging import get_logger
from pulih.data.lines import GreyImage, LineSample
from pulih.evaluation import baselines, metrics
from pulih.evaluation.config import EvaluationConfig
from pulih.recognizer.metrics import character_edits, word_edits

if TYPE_CHECKING:
    from pulih.recognizer.decode import Reading
    from pulih.recognizer.model import Recognizer

log = get_logger(__name__)
METHODS = ("degraded", "white_page", "background_division", "sauvola", "restored", "clean")
SELECTED = "selected"  # of each line the restored image where the recognizer is surer of it, else the degraded one
MEASURED = (*METHODS, SELECTED)
Candidates = dict[str, list[GreyImage]]


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0))


def candidates(samples: list[LineSample], restorer: Path, config: EvaluationConfig) -> Candidates:
    """Return for each method its image of every line; the restorer runs as it does in serving."""
    from pulih.restorer.infer import Restorer

    degraded = [sample.degraded for sample in samples]
    return {
        "degraded": degraded,
        "white_page": [baselines.white_page(image) for image in degraded],
        "background_division": [baselines.background_division(image) for image in degraded],
        "sauvola": [baselines.sauvola(image, config.sauvola_window, config.sauvola_k) for image in degraded],
        "restored": Restorer.load(restorer, threads=cores()).restore_lines(degraded),
        "clean": [sample.clean for sample in samples],
    }


def readings_of(recognizer: "Recognizer", images: list[GreyImage], batch_lines: int) -> list["Reading"]:
    """Read images of the recognizer's height greedily; lines of like width share a batch.

    Raises:
        ArtifactError: an image has another height than the recognizer was trained on.
    """
    import torch

    from pulih.data.batches import stack
    from pulih.recognizer.decode import read_surely

    if heights := {image.shape[0] for image in images} - {recognizer.height}:
        fix = "Evaluate with a recognizer that was trained on lines of this height."
        raise ArtifactError(f"lines {recognizer.height} pixels high", f"{min(heights)} pixels", fix)
    order = sorted(range(len(images)), key=lambda index: images[index].shape[1])
    found: dict[int, Reading] = {}
    for start in range(0, len(order), batch_lines):
        chosen = order[start : start + batch_lines]
        widths = torch.tensor([images[index].shape[1] for index in chosen])
        found.update(zip(chosen, read_surely(recognizer, stack([images[i] for i in chosen]), widths), strict=True))
    return [found[index] for index in range(len(images))]


def read_lines_of(recognizer: "Recognizer", images: list[GreyImage], batch_lines: int) -> list[str]:
    """Return the texts of ``readings_of``."""
    return [reading.text for reading in readings_of(recognizer, images, batch_lines)]


def measure(
    samples: list[LineSample], images: Candidates, recognizer: "Recognizer", config: EvaluationConfig
) -> pd.DataFrame:
    """Return one row per line and method: similarity to the clean line, and what the recognizer read.

    Where degraded and restored images are among the methods, ``SELECTED`` is one more.

    Columns: key, font, severity, method, image (the method whose image it is), psnr (dB), ssim, text, read, confidence,
    characters, substitutions, deletions, insertions, words, word_errors.
    """
    about = pd.DataFrame(
        {
            "key": [sample.key for sample in samples],
            "font": [sample.meta["font"] for sample in samples],
            "severity": [float(sample.meta["severity"]) for sample in samples],
        }
    )
    from pulih.recognizer.decode import surer

    texts = [recognizer.charset.normalize(sample.text) for sample in samples]
    tables, readings = {}, {}
    for method, shown in images.items():
        readings[method] = readings_of(recognizer, shown, config.batch_lines)
        likeness = _likeness([sample.clean for sample in samples], shown)
        row = pd.concat(
            [about.assign(method=method, image=method), likeness, _reading(texts, readings[method])], axis=1
        )
        tables[method] = row
        log.info("%s: %d lines measured", method, len(samples))
    if {"degraded", "restored"} <= images.keys():
        restored = surer(readings["degraded"], readings["restored"], config.selection_margin)
        rows = [tables["restored" if better else "degraded"].iloc[[line]] for line, better in enumerate(restored)]
        tables[SELECTED] = pd.concat(rows).assign(method=SELECTED)
    return pd.concat(tables.values(), ignore_index=True)


def _likeness(clean: list[GreyImage], images: list[GreyImage]) -> pd.DataFrame:
    with ThreadPoolExecutor(cores()) as pool:
        return pd.DataFrame(
            {"psnr": list(pool.map(metrics.psnr, clean, images)), "ssim": list(pool.map(metrics.ssim, clean, images))}
        )


def _reading(texts: list[str], readings: list["Reading"]) -> pd.DataFrame:
    reads = [reading.text for reading in readings]
    characters, words = character_edits(texts, reads), word_edits(texts, reads)
    return pd.DataFrame(
        {
            "text": texts,
            "read": reads,
            "confidence": [reading.confidence for reading in readings],
            "characters": characters.lengths,
            "substitutions": characters.substitutions,
            "deletions": characters.deletions,
            "insertions": characters.insertions,
            "words": words.lengths,
            "word_errors": np.asarray(words.errors),
        }
    )
