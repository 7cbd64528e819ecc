"""Which pages are furthest from the reference, and what about them sticks out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pulih.features.catalogue import DESCRIPTORS, Descriptor

TO_DEVIATION = 1.4826
LARGEST = 10.0


@dataclass(frozen=True)
class Outlier:
    """A page of the archive: its ``distance``, the descriptor that sticks out most, and how to say it."""

    name: str
    path: str
    position: int
    distance: float
    descriptor: str
    value: float
    deviations: float
    sentence: str


def robust_deviations(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return how many robust deviations each value lies from the reference's median.

    The scale is the median absolute deviation times 1.4826 (a normal distribution's deviation), and at least the
    descriptor's resolution: where the synthesis is constant, small differences must not count as large ones.
    """
    columns = {}
    for descriptor in DESCRIPTORS:
        known = reference[descriptor.name].dropna()
        middle = known.median()
        scale = max(TO_DEVIATION * float((known - middle).abs().median()), descriptor.resolution)
        columns[descriptor.name] = (current[descriptor.name] - middle) / scale
    return pd.DataFrame(columns)


def distances(deviations: pd.DataFrame) -> pd.Series:
    """Return each page's root mean square deviation; single ones count up to 10, missing ones not at all."""
    clipped = deviations.clip(-LARGEST, LARGEST)
    return (clipped**2).mean(axis=1).pow(0.5).fillna(0.0)


def furthest(reference: pd.DataFrame, pages: pd.DataFrame, count: int) -> list[Outlier]:
    """Return the ``count`` pages furthest from the reference, worst first.

    Args:
        pages: one row each, with ``name``, ``path``, ``position`` and the descriptors.
    """
    deviations = robust_deviations(reference, pages)
    distance = distances(deviations)
    by_name = {descriptor.name: descriptor for descriptor in DESCRIPTORS}
    found = []
    for index in distance.sort_values(ascending=False, kind="stable").index[:count]:
        row = deviations.loc[index].dropna()
        if row.empty:
            continue
        descriptor = by_name[str(row.abs().idxmax())]
        value, off = float(pages.loc[index, descriptor.name]), float(row[descriptor.name])
        page = pages.loc[index]
        found.append(
            Outlier(
                name=str(page["name"]),
                path=str(page["path"]),
                position=int(page["position"]),
                distance=float(distance[index]),
                descriptor=descriptor.name,
                value=value,
                deviations=off,
                sentence=_sentence(descriptor, value, off, reference[descriptor.name]),
            )
        )
    return found


def _sentence(descriptor: Descriptor, value: float, off: float, reference: pd.Series) -> str:
    low, high = np.nanquantile(reference, [0.25, 0.75])
    side = "above" if off > 0 else "below"
    return f"{descriptor.label} {value:.3g} {descriptor.unit}, {side} the synthesis's {low:.3g} to {high:.3g}"
