"""Which real lines are read, who wrote them, and how dark their ink is."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import cv2
import numpy as np

from pulih.common.errors import ConfigError
from pulih.common.seed import generator
from pulih.data.lines import GreyImage
from pulih.data.transcribed import TranscribedLine
from pulih.evaluation.reading.config import ReadingConfig


@dataclass(frozen=True)
class Fold:
    """Writers of a fold: those it tests, those whose lines stop the adaptation, and those it adapts to."""

    tested: frozenset[str]
    stopping: frozenset[str]
    adapted: frozenset[str]


def choose_lines(lines: Sequence[TranscribedLine], config: ReadingConfig) -> list[TranscribedLine]:
    """Return at most ``lines_per_manuscript`` lines of each manuscript, drawn by the seed, in the given order."""
    if not config.lines_per_manuscript:
        return list(lines)
    ranks = generator(config.seed, "choice").permutation(len(lines))
    chosen: dict[str, list[int]] = {}
    for index in np.argsort(ranks):
        of_manuscript = chosen.setdefault(lines[index].manuscript, [])
        if len(of_manuscript) < config.lines_per_manuscript:
            of_manuscript.append(int(index))
    return [lines[index] for index in sorted(i for indices in chosen.values() for i in indices)]


def writer_of(manuscript: str, config: ReadingConfig) -> str:
    """Return the writer of a manuscript as far as known: the first pattern of its group, else the manuscript."""
    for group in config.same_writer:
        if any(fnmatchcase(manuscript, pattern) for pattern in group):
            return group[0]
    return manuscript


def make_folds(lines: Sequence[TranscribedLine], config: ReadingConfig) -> list[Fold]:
    """Divide the writers so that each is tested once and the folds have about the same number of lines.

    Raises:
        ConfigError: too few writers for so many folds, each with writers to adapt to and writers to stop by.
    """
    counts: dict[str, int] = {}
    for line in lines:
        writer = writer_of(line.manuscript, config)
        counts[writer] = counts.get(writer, 0) + 1
    if len(counts) < config.folds + 1:
        found = f"{len(counts)} in {config.folds} folds"
        raise ConfigError("more writers than folds", found, "Take fewer folds, or more manuscripts.")
    shuffled = [str(w) for w in generator(config.seed, "folds").permutation(sorted(counts))]
    parts: list[list[str]] = [[] for _ in range(config.folds)]
    for writer in sorted(shuffled, key=lambda w: -counts[w]):
        min(parts, key=lambda part: sum(counts[w] for w in part)).append(writer)
    return [_fold(number, part, shuffled, counts, config) for number, part in enumerate(parts)]


def _fold(number: int, tested: list[str], writers: list[str], counts: dict[str, int], config: ReadingConfig) -> Fold:
    others = [w for w in generator(config.seed, "stopping", number).permutation(writers) if w not in tested]
    wanted = config.adaptation.validation_share * sum(counts[w] for w in others)
    stopping: list[str] = []
    while not stopping or (len(stopping) < len(others) - 1 and sum(counts[w] for w in stopping) < wanted):
        stopping.append(others[len(stopping)])
    return Fold(frozenset(tested), frozenset(stopping), frozenset(others[len(stopping) :]))


def contrast(crop: GreyImage) -> float:
    """Return how much darker the ink of a grey crop is than its paper, as a share of the paper's tone, in [0, 1].

    Paper is the median; ink the median of what is darker than Otsu's threshold.
    """
    paper = float(np.median(crop))
    threshold, _ = cv2.threshold(crop, 0, 255, cv2.THRESH_OTSU)
    ink = crop[crop <= threshold]
    return float(np.clip(1 - float(np.median(ink)) / max(paper, 1.0), 0, 1)) if ink.size else 0.0
