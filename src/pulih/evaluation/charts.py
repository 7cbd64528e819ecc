"""Curves over the severity of the damage."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pulih.common.html import THEME

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 10
SPLIT_TITLES = {"test_seen": "Fonts seen in training", "test_unseen": "Fonts never seen"}
# Colour and dash of each method: colour alone would not do for everybody.
STYLES = {
    "degraded": ("series-1", "-"),
    "white_page": ("series-6", ":"),
    "background_division": ("series-4", "--"),
    "sauvola": ("series-5", "-."),
    "restored": ("series-2", "-"),
    "clean": ("series-3", ":"),
}


def curves(per_line: pd.DataFrame, metric: str, label: str, methods: tuple[str, ...]) -> "Figure":
    """Draw ``metric`` (psnr, ssim or cer) against severity, one panel per split, one curve per method."""
    from matplotlib.figure import Figure

    splits = [split for split in SPLIT_TITLES if (per_line["split"] == split).any()]
    figure = Figure(figsize=(10, 3.4))
    panels = figure.subplots(1, len(splits), sharey=True, squeeze=False)[0]
    for panel, split in zip(panels, splits, strict=True):
        rows = per_line[per_line["split"] == split]
        for method in methods:
            points = _binned(rows[rows["method"] == method], metric)
            colour, dash = STYLES[method]
            name = method.replace("_", " ")
            panel.plot(points.index, points, color=THEME[colour], linestyle=dash, linewidth=2, label=name)
        _dress(panel, SPLIT_TITLES[split])
    panels[0].set_ylabel(label, color=THEME["ink"])
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, names, loc="lower center", ncols=len(methods), frameon=False, labelcolor=THEME["ink"],
        bbox_to_anchor=(0.5, -0.14),
    )  # fmt: skip
    return figure


def _binned(rows: pd.DataFrame, metric: str) -> "pd.Series[float]":
    """Return the metric by the mean severity of each bin; error rates are pooled over the bin's lines."""
    place = np.minimum((rows["severity"] * BINS).astype(int), BINS - 1)
    groups = rows.assign(errors=rows["substitutions"] + rows["deletions"] + rows["insertions"]).groupby(place)
    values = groups["errors"].sum() / groups["characters"].sum() if metric == "cer" else groups[metric].mean()
    values.index = pd.Index(groups["severity"].mean())
    return values


def _dress(panel: "Axes", title: str) -> None:
    panel.set_title(title, color=THEME["ink"], fontsize=11, loc="left")
    panel.set_xlabel("severity", color=THEME["ink"])
    panel.set_xlim(0, 1)
    panel.tick_params(colors=THEME["muted"], length=0)
    panel.grid(axis="y", color=THEME["rule"], linewidth=0.8)
    panel.set_axisbelow(True)
    for side, spine in panel.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(THEME["rule"])
