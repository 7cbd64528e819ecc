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
    from pulih.recognizer.model import Recognizer

log = get_logger(__name__)
METHODS = ("degraded", "white_page", "background_division", "sauvola", "restored", "clean")
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


def read_lines_of(recognizer: "Recognizer", images: list[GreyImage], batch_lines: int) -> list[str]:
    """Read images of the recognizer's height greedily; lines of like width share a batch.

    Raises:
        ArtifactError: an image has another height than the recognizer was trained on.
    """
    import torch

    from pulih.data.batches import stack
    from pulih.recognizer.decode import read

    if heights := {image.shape[0] for image in images} - {recognizer.height}:
        fix = "Evaluate with a recognizer that was trained on lines of this height."
        raise ArtifactError(f"lines {recognizer.height} pixels high", f"{min(heights)} pixels", fix)
    order = sorted(range(len(images)), key=lambda index: images[index].shape[1])
    texts: dict[int, str] = {}
    for start in range(0, len(order), batch_lines):
        chosen = order[start : start + batch_lines]
        widths = torch.tensor([images[index].shape[1] for index in chosen])
        texts.update(zip(chosen, read(recognizer, stack([images[i] for i in chosen]), widths), strict=True))
    return [texts[index] for index in range(len(images))]


def measure(
    samples: list[LineSample], images: Candidates, recognizer: "Recognizer", config: EvaluationConfig
) -> pd.DataFrame:
    """Return one row per line and method: similarity to the clean line, and what the recognizer read.

    Columns: key, font, severity, method, psnr (dB), ssim, text, read, characters, substitutions, deletions,
    insertions, words, word_errors.
    """
    about = pd.DataFrame(
        {
            "key": [sample.key for sample in samples],
            "font": [sample.meta["font"] for sample in samples],
            "severity": [float(sample.meta["severity"]) for sample in samples],
        }
    )
    texts = [recognizer.charset.normalize(sample.text) for sample in samples]
    tables = []
    for method, shown in images.items():
        reads = read_lines_of(recognizer, shown, config.batch_lines)
        likeness = _likeness([sample.clean for sample in samples], shown)
        tables.append(pd.concat([about.assign(method=method), likeness, _reading(texts, reads)], axis=1))
        log.info("%s: %d lines measured", method, len(samples))
    return pd.concat(tables, ignore_index=True)


def _likeness(clean: list[GreyImage], images: list[GreyImage]) -> pd.DataFrame:
    with ThreadPoolExecutor(cores()) as pool:
        return pd.DataFrame(
            {"psnr": list(pool.map(metrics.psnr, clean, images)), "ssim": list(pool.map(metrics.ssim, clean, images))}
        )


def _reading(texts: list[str], reads: list[str]) -> pd.DataFrame:
    characters, words = character_edits(texts, reads), word_edits(texts, reads)
    return pd.DataFrame(
        {
            "text": texts,
            "read": reads,
            "characters": characters.lengths,
            "substitutions": characters.substitutions,
            "deletions": characters.deletions,
            "insertions": characters.insertions,
            "words": words.lengths,
            "word_errors": np.asarray(words.errors),
        }
    )
