"""The results as a bar chart: one panel per measure, one cluster of bars per group."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pulih.evaluation.benchmark.methods import FINETUNED, OURS_OTSU, PEER, PULIH, SAUVOLA, TITLES
from pulih.evaluation.benchmark.published import PublishedRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tree = dict[str, Any]
PANELS = {"fm": "F-measure in %", "pfm": "pseudo-F-measure in %", "psnr": "PSNR in dB", "drd": "DRD (lower is better)"}
COLOURS = {
    "otsu": "#b8b4a8",
    SAUVOLA: "#8a8577",
    "wolf": "#5d594e",
    "background_division": "#d8b26a",
    PULIH: "#0b6e99",
    OURS_OTSU: "#58a9cc",
    f"{PULIH}_half": "#8fc4d8",
    f"{PULIH}_double": "#2f8f9d",
    PEER: "#7a4b94",
    f"{PEER}_otsu": "#b494c6",
    FINETUNED: "#b4431f",
    f"{FINETUNED}_otsu": "#dd8a6c",
}
PUBLISHED_COLOURS = ("#f2f0ea", "#e3ded2", "#efd9d3", "#cfe3d6", "#dcd6ea", "#d9e6f2")
GAP = 1.5  # between the clusters, in bars


def draw(groups: Tree, published: Sequence[PublishedRow]) -> "Figure":
    """Draw the means of ``results.json``'s groups; published bars are hatched and named as published."""
    from matplotlib.figure import Figure

    shown = [row for row in published if row.group in groups]
    figure = Figure(figsize=(11, 10.5), layout="constrained")
    panels = figure.subplots(len(PANELS), 1, sharex=True)
    colours = _published_colours(shown)
    for panel, (metric, label) in zip(panels, PANELS.items(), strict=True):
        _panel(panel, groups, shown, metric, colours)
        panel.set_ylabel(label)
    handles: dict[str, Any] = {}
    for panel in panels:
        handles |= {name: bar for bar, name in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def _published_colours(rows: Sequence[PublishedRow]) -> dict[str, str]:
    names = list(dict.fromkeys(row.method for row in rows))
    return {name: PUBLISHED_COLOURS[at % len(PUBLISHED_COLOURS)] for at, name in enumerate(names)}


def _panel(
    panel: "Axes", groups: Tree, published: Sequence[PublishedRow], metric: str, colours: dict[str, str]
) -> None:
    left, centres = 0.0, []
    for group, tree in groups.items():
        start = left
        for method, figures in tree["methods"].items():
            estimate = figures[metric]
            errors = [[estimate["mean"] - estimate["low"]], [estimate["high"] - estimate["mean"]]]
            panel.bar(
                left, estimate["mean"], 0.92, color=COLOURS[method], label=TITLES[method], yerr=errors,
                error_kw={"elinewidth": 0.8, "ecolor": "#333333"},
            )  # fmt: skip
            left += 1
        for row in published:
            value = getattr(row, metric)
            if row.group == group and value is not None:
                panel.bar(
                    left, value, 0.92, color=colours[row.method], edgecolor="#777777", hatch="///", linewidth=0.6,
                    label=f"{row.method} (published)",
                )  # fmt: skip
                left += 1
        centres.append((start + left - 1) / 2)
        left += GAP
    panel.set_xticks(centres, [f"{name}\n{tree['pages']} pages" for name, tree in groups.items()])
    panel.grid(axis="y", color="#dddddd", linewidth=0.8)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
