"""How well a bilevel image agrees with its ground truth: the four measures of the DIBCO contests.

Masks are boolean (H, W), True = ink. Ink is what is looked for: precision and recall count ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import thin

from pulih.common.errors import InputError
from pulih.evaluation.metrics import IDENTICAL_DB

Mask = NDArray[np.bool_]
BLOCK = 8  # side of the blocks that DRD counts, in pixels
REACH = 2  # DRD looks at this many pixels on each side


@dataclass(frozen=True)
class Agreement:
    """One page: shares in [0, 1], ``psnr`` in dB, ``drd`` from 0 upwards (lower is better).

    ``thinned_recall`` is the recall of the thinned ground truth.
    """

    precision: float
    recall: float
    thinned_recall: float
    psnr: float
    drd: float

    @property
    def fm(self) -> float:
        """F-measure in percent."""
        return f_measure(self.precision, self.recall)

    @property
    def pfm(self) -> float:
        """Pseudo-F-measure in percent, with the recall of the thinned ground truth (H-DIBCO 2010)."""
        return f_measure(self.precision, self.thinned_recall)


def f_measure(precision: float, recall: float) -> float:
    """Return the harmonic mean of two shares in percent; 0 when both are 0."""
    total = precision + recall
    return 200 * precision * recall / total if total else 0.0


def thinned(truth: Mask) -> Mask:
    """Return the ground truth thinned to lines of one pixel, whose recall the pseudo-F-measure takes."""
    return np.asarray(thin(truth), np.bool_)


def compare(truth: Mask, answer: Mask, lines: Mask | None = None) -> Agreement:
    """Compare ``answer`` with the ground truth.

    Precision of an empty answer is 0.

    Args:
        lines: ``thinned(truth)`` if it is known, which saves most of the time.

    Raises:
        InputError: the shapes differ, or the ground truth has no ink.
    """
    _require_comparable(truth, answer)
    hits = int((truth & answer).sum())
    lines = thinned(truth) if lines is None else lines
    return Agreement(
        precision=hits / max(int(answer.sum()), 1),
        recall=hits / int(truth.sum()),
        thinned_recall=int((lines & answer).sum()) / int(lines.sum()),
        psnr=psnr(truth, answer),
        drd=drd(truth, answer),
    )


def psnr(truth: Mask, answer: Mask) -> float:
    """Return 10 log10(1 / share of wrong pixels) in dB; ``IDENTICAL_DB`` for equal masks."""
    wrong = float((truth != answer).mean())
    return min(IDENTICAL_DB, -10 * float(np.log10(wrong))) if wrong else IDENTICAL_DB


def drd(truth: Mask, answer: Mask) -> float:
    """Return the distance reciprocal distortion (Lu, Kot, Shi, IEEE Signal Processing Letters 11, 2004).

    Each wrong pixel costs the share of the ground truth around it (5 x 5, weighted by reciprocal distance) that it
    disagrees with; the sum is divided by the number of 8 x 8 blocks of the ground truth that are neither all ink nor
    all paper. Pixels outside the image cost nothing, blocks that the image cuts off are not counted: so the contests'
    figures come out.
    """
    weights = drd_weights()
    ink = cv2.filter2D(truth.astype(np.float64), -1, weights, borderType=cv2.BORDER_CONSTANT)
    inside = cv2.filter2D(np.ones(truth.shape), -1, weights, borderType=cv2.BORDER_CONSTANT)
    cost = np.where(answer, inside - ink, ink)[truth != answer].sum()
    return float(cost) / max(mixed_blocks(truth), 1)


def drd_weights() -> NDArray[np.float64]:
    """Return the 5 x 5 weights: reciprocal Euclidean distances, 0 in the middle, of sum 1."""
    offsets = np.arange(-REACH, REACH + 1)
    distance = np.hypot(*np.meshgrid(offsets, offsets))
    distance[REACH, REACH] = np.inf
    return np.asarray(1 / distance / (1 / distance).sum())


def mixed_blocks(truth: Mask) -> int:
    """Return how many whole 8 x 8 blocks hold both ink and paper (NUBN of the paper)."""
    rows, columns = truth.shape[0] // BLOCK, truth.shape[1] // BLOCK
    blocks = truth[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).sum(axis=(1, 3))
    return int(((blocks > 0) & (blocks < BLOCK**2)).sum())


def _require_comparable(truth: Mask, answer: Mask) -> None:
    if truth.shape != answer.shape:
        fix = "Compare an answer with the ground truth of the same scan, at its size."
        raise InputError(f"an answer of {truth.shape[::-1]} pixels", f"{answer.shape[::-1]}", fix)
    if not truth.any():
        fix = "Ground truth is black ink on white paper; remove pages without ink from the benchmark."
        raise InputError("a ground truth with ink", "a blank one", fix)
