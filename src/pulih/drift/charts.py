"""One small histogram per descriptor: the archive's values against the synthesis's."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from pulih.common.html import THEME, figure_svg
from pulih.drift.verdicts import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 24
Values = NDArray[np.float64]
MANY = 8


def histogram(verdict: Verdict, reference: pd.Series, current: pd.Series) -> Markup | None:
    """Return the two distributions as inline SVG; None when one side has no value.

    Heights are shares of pages, so that unlike numbers of pages compare. Up to eight pages are drawn as ticks: a
    histogram of so few would show its bins and not the pages.
    """
    first, second = reference.dropna().to_numpy(dtype=float), current.dropna().to_numpy(dtype=float)
    if not (first.size and second.size):
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.1, 1.45))
    axes = figure.add_subplot()
    low, high = _limits(np.concatenate([first, second]))
    bins = np.linspace(low, high, BINS + 1)
    _draw(axes, first, bins, THEME["series-2"])
    _draw(axes, second, bins, THEME["series-1"])
    axes.set_xlim(low, high)
    axes.set_yticks([])
    axes.set_xlabel(verdict.unit, color=THEME["muted"], fontsize=8)
    axes.tick_params(axis="x", colors=THEME["muted"], labelsize=8, length=3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(THEME["rule"])
    return figure_svg(figure)


def _draw(axes: "Axes", values: Values, bins: Values, colour: str) -> None:
    clipped = np.clip(values, bins[0], bins[-1])
    if len(values) > MANY:
        axes.hist(clipped, bins=bins.tolist(), weights=np.full(len(values), 1 / len(values)), color=colour, alpha=0.45)
        axes.axvline(float(np.median(clipped)), color=colour, linewidth=1.4)
        return
    axes.plot(clipped, np.zeros(len(clipped)), marker="|", markersize=22, linestyle="", color=colour, clip_on=False)


def _limits(values: Values) -> tuple[float, float]:
    """Return the axis: all but the outermost hundredth, which is drawn at its ends."""
    low, high = np.quantile(values, [0.01, 0.99])
    room = max(0.05 * (high - low), 1e-3 * max(abs(low), abs(high)), 1e-6)
    return float(low - room), float(high + room)
