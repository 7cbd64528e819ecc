"""A verdict per descriptor, with a sentence that a person can act on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pulih.drift.advice import ADVICE
from pulih.drift.evidence import METHOD_TITLE
from pulih.features.catalogue import DESCRIPTORS, Descriptor

# Of the whole distance, this much must be a common shift for "higher" or "lower"; otherwise the spread changed.
SHIFTED = 0.5
Direction = Literal["higher", "lower", "wider", "narrower", "other"]


@dataclass(frozen=True)
class Side:
    """One side's values: how many pages had one, their median and middle half, in the descriptor's unit."""

    pages: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """What the comparison found for one descriptor; ``score`` and ``threshold`` in the reference's deviations."""

    name: str
    label: str
    unit: str
    definition: str
    source: str
    method: str
    score: float | None
    threshold: float | None
    drifted: bool | None
    direction: Direction | None
    reference: Side | None
    archive: Side | None
    sentence: str


def judge(
    reference: pd.DataFrame, current: pd.DataFrame, thresholds: dict[str, float], scores: dict[str, float]
) -> list[Verdict]:
    """Return a verdict for every descriptor; one without a score is not measured, and said to be so."""
    return [_verdict(d, reference[d.name], current[d.name], thresholds.get(d.name), scores) for d in DESCRIPTORS]


def _verdict(
    descriptor: Descriptor,
    reference: pd.Series,
    current: pd.Series,
    threshold: float | None,
    scores: dict[str, float],
) -> Verdict:
    expected, found = _side(reference), _side(current)
    score = scores.get(descriptor.name)
    drifted, direction = None, None
    if score is not None and threshold is not None and expected and found:
        drifted = bool(score >= threshold)
        direction = _direction(reference.dropna(), current.dropna(), score) if drifted else None
    return Verdict(
        **{key: getattr(descriptor, key) for key in ("name", "label", "unit", "definition", "source")},
        method=METHOD_TITLE,
        score=score,
        threshold=threshold,
        drifted=drifted,
        direction=direction,
        reference=expected,
        archive=found,
        sentence=_sentence(descriptor, expected, found, direction),
    )


def _side(values: pd.Series) -> Side | None:
    known = values.dropna().to_numpy(dtype=float)
    if not known.size:
        return None
    low, median, high = (float(value) for value in np.quantile(known, [0.25, 0.5, 0.75]))
    return Side(len(known), low, median, high)


def _direction(reference: pd.Series, current: pd.Series, score: float) -> Direction:
    shift = float(current.mean() - reference.mean()) / max(float(np.std(reference)), 0.001)
    if abs(shift) >= SHIFTED * score:
        return "higher" if shift > 0 else "lower"
    if len(current) < 3:
        return "other"
    wider = float(np.std(current)) > float(np.std(reference))
    return "wider" if wider else "narrower"


def _sentence(descriptor: Descriptor, expected: Side | None, found: Side | None, direction: Direction | None) -> str:
    name = descriptor.label
    if expected is None or found is None:
        lacking = "synthetic" if expected is None else "archive"
        return f"{name} was not compared: no {lacking} page gives ground to measure it."
    figures = f"median {found.median:.3g} against {expected.median:.3g} {descriptor.unit}"
    halves = f"middle half {found.low:.3g} to {found.high:.3g} against {expected.low:.3g} to {expected.high:.3g}"
    advice = ADVICE[descriptor.name]
    sentences: dict[Direction | None, str] = {
        None: f"{name} agrees: {figures}.",
        "higher": f"Archive pages {descriptor.more} than the synthesis ({figures}): {advice.higher}.",
        "lower": f"Archive pages {descriptor.less} than the synthesis ({figures}): {advice.lower}.",
        "wider": f"{name} varies more in the archive than in the synthesis ({halves}): widen what is synthesized.",
        "narrower": f"{name} varies less in the archive than in the synthesis ({halves}): the synthesis covers it.",
        "other": f"{name} lies elsewhere in the archive than in the synthesis ({halves}).",
    }
    return sentences[direction]
