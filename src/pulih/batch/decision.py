"""Do no harm: whether a page is better shown restored, or its scan passed on untouched.

Paint must not lose its colour. With a recognizer, its mean confidence on the page's lines must not fall. Without one,
the network must be sure of the strokes it wrote, and must not have left out too many of the scan's thin marks. None of
these knows the true text.
"""

from dataclasses import dataclass
from typing import Literal

from pulih.batch.config import HarmConfig
from pulih.restorer.trust import Trust

Criterion = Literal["writing", "lost colour", "recognizer gain", "network confidence", "erased marks"]


@dataclass(frozen=True)
class Readings:
    """A recognizer's mean confidence in [0, 1] on ``lines`` lines of a page, before and after restoration."""

    before: float
    after: float
    lines: int


@dataclass(frozen=True)
class Decision:
    """Whether to restore; what decided, its ``value`` (None: there was nothing to measure) and its ``threshold``."""

    restore: bool
    criterion: Criterion
    value: float | None
    threshold: float

    @property
    def sentence(self) -> str:
        """The decision in words, with its number."""
        verdict = "restored" if self.restore else "passed on untouched"
        if self.value is None:
            return f"{verdict}: no writing found"
        return f"{verdict}: {self.criterion} {self.value:.3f}, threshold {self.threshold:.3f}"


def decide(trust: Trust, lost: float | None, readings: Readings | None, config: HarmConfig) -> Decision:
    """Decide on one page; a page without writing is passed on.

    Args:
        lost: share of the page that lost its colour (``paint.paint_lost``), None where colour is not wanted.
    """
    if trust.confidence is None:
        return Decision(False, "writing", None, 0.0)
    if lost is not None and lost > config.max_colour_lost:
        return Decision(False, "lost colour", lost, config.max_colour_lost)
    if readings is not None:
        gain = readings.after - readings.before
        return Decision(gain >= config.min_gain, "recognizer gain", gain, config.min_gain)
    if trust.erased is not None and trust.erased > config.max_erased:
        return Decision(False, "erased marks", trust.erased, config.max_erased)
    sure = trust.confidence >= config.min_confidence
    return Decision(sure, "network confidence", trust.confidence, config.min_confidence)
