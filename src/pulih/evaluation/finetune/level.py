"""The grey level at which a restorer's answer is cut, told from pages with ground truth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pulih.common.progress import track
from pulih.evaluation.benchmark.pairs import Pair, read_pair
from pulih.restorer.infer import Restorer

Errors = NDArray[np.float64]


def choose_level(restorer: Restorer, pairs: Sequence[Pair]) -> int:
    """Return the level in 1..255 below which restored luminance is ink, by the highest mean PSNR over the pages.

    Raises:
        InputError: a page cannot be read.
    """
    shares = [_errors(restorer, pair) for pair in track(pairs, "level of the ink", total=len(pairs))]
    # The mean of 10 log10(1 / errors), as ``pulih.evaluation.binary.psnr`` has it of one page; a perfect page counts
    # as one with half a pixel in a million wrong, for its PSNR is infinite at several levels.
    logarithms = np.log10(np.maximum(np.array(shares), 5e-7))
    return int(np.argmin(logarithms.mean(axis=0))) + 1


def _errors(restorer: Restorer, pair: Pair) -> Errors:
    """Return the share of wrong pixels at every level in 1..255."""
    page, truth = read_pair(pair)
    luminance = restorer.restore_page(page).luminance
    ink, paper = (np.bincount(luminance[kind], minlength=256) for kind in (truth, ~truth))
    lost, invented = ink.sum() - np.cumsum(ink), np.cumsum(paper)
    return np.asarray((lost + invented)[:-1] / truth.size, dtype=np.float64)
