"""How much a restorer keeps where it is unsure and at which grey level its answer is cut, told from known pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pulih.common.progress import track
from pulih.evaluation.benchmark.pairs import Pair, read_pair
from pulih.evaluation.binary import Mask
from pulih.restorer.infer import GreyImage, Restorer

Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """``level`` in 1..255: restored luminance below it is ink; ``keep_unsure``: strength of the doubt."""

    level: int
    keep_unsure: float


def choose_cut(restorer: Restorer, pairs: Sequence[Pair], doubts: Sequence[float]) -> Cut:
    """Return the level, and the one of the ``doubts``, with the highest mean PSNR of the bilevel answers.

    The restorer is left with one of the doubts.

    Raises:
        InputError: a page cannot be read.
    """
    return best_cut(errors(restorer, pairs, doubts), doubts)


def best_cut(shares: Errors, doubts: Sequence[float]) -> Cut:
    """Return the level and the doubt with the highest mean PSNR, from the shares of wrong pixels as in ``errors``."""
    # The mean of 10 log10(1 / errors), as ``pulih.evaluation.binary.psnr`` has it of one page; a perfect page counts
    # as one with half a pixel in a million wrong, for its PSNR is infinite at several levels.
    means = np.log10(np.maximum(shares, 5e-7)).mean(axis=0)
    doubt, place = divmod(int(np.argmin(means)), means.shape[1])
    return Cut(place + 1, doubts[doubt])


def errors(restorer: Restorer, pairs: Sequence[Pair], doubts: Sequence[float]) -> Errors:
    """Return the shares of wrong pixels (pages, doubts, level in 1..255); the restorer is left with one of the doubts.

    Raises:
        InputError: a page cannot be read.
    """
    named = track(pairs, "level of the ink", total=len(pairs))
    return np.array([_errors(restorer, pair, doubts) for pair in named])


def _errors(restorer: Restorer, pair: Pair, doubts: Sequence[float]) -> Errors:
    page, truth = read_pair(pair)
    shares = []
    for doubt in doubts:
        restorer.keep_unsure = doubt
        shares.append(wrong_by_level(restorer.restore_page(page).luminance, truth))
    return np.array(shares)


def wrong_by_level(luminance: GreyImage, truth: Mask) -> Errors:
    """Return the shares of wrong pixels of a restored page (H, W), cut at each level in 1..255; True = ink."""
    ink, paper = (np.bincount(luminance[kind], minlength=256) for kind in (truth, ~truth))
    lost, invented = ink.sum() - np.cumsum(ink), np.cumsum(paper)
    return np.asarray((lost + invented)[:-1] / truth.size)
