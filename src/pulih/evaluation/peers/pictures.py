"""The results as pictures: every method with its interval, and the same lines by every method."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pulih.common.files import atomic_path
from pulih.data.lines import GreyImage, LineSample
from pulih.evaluation.charts import SPLIT_TITLES
from pulih.evaluation.peers.tables import COLUMNS
from pulih.evaluation.summary import Tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWN = ("psnr", "cer")
LABEL_WIDTH, GAP = 170, 8
OURS_COLOUR, OTHER_COLOUR, INK, RULE = "#b4431f", "#4a6782", "#222222", "#d9d9d9"
LARGEST_CER = 0.6  # a white page's 100 % would leave no room for the others


def draw_figures(results: Tree, target: Path) -> None:
    """Draw PSNR and CER of every method with their intervals, one row of panels per split, as PNG."""
    from matplotlib.figure import Figure

    splits = list(results["splits"])
    count = max(len(results["splits"][split]["methods"]) for split in splits)
    figure = Figure(figsize=(10, len(splits) * (0.9 + 0.27 * count)), layout="constrained")
    panels = figure.subplots(len(splits), len(DRAWN), squeeze=False)
    for row, split in zip(panels, splits, strict=True):
        for panel, metric in zip(row, DRAWN, strict=True):
            _panel(panel, results, split, metric)
    with atomic_path(target) as path:
        figure.savefig(path, format="png", dpi=130)


def _panel(panel: "Axes", results: Tree, split: str, metric: str) -> None:
    title, unit, factor, digits = COLUMNS[metric]
    methods = results["splits"][split]["methods"]
    # The clean line has no PSNR of its own.
    names = [name for name in methods if metric != "psnr" or name != "clean"][::-1]
    left_out = []
    for place, name in enumerate(names):
        estimate = methods[name][metric]
        if metric == "cer" and estimate["mean"] > LARGEST_CER:
            left_out.append((place, estimate["mean"] * factor))
            continue
        mean, low, high = (estimate[key] * factor for key in ("mean", "low", "high"))
        colour = OURS_COLOUR if name == results["about"]["ours"] else OTHER_COLOUR
        panel.plot([low, high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        panel.plot([mean], [place], marker="o", color=colour, markersize=6)
    for place, value in left_out:
        panel.annotate(f"{value:.{digits}f} →", (1, place), xycoords=("axes fraction", "data"), ha="right", va="center",
                       color=INK, fontsize=8)  # fmt: skip
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(-0.6, len(names) - 0.4)
    better = "higher" if metric == "psnr" else "lower"
    panel.set_title(f"{SPLIT_TITLES[split]}: {title} ({unit}), {better} is better", loc="left", fontsize=10, color=INK)
    panel.grid(axis="x", color=RULE, linewidth=0.8)
    panel.tick_params(length=0, labelsize=9, colors=INK)
    panel.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        panel.spines[side].set_visible(False)


def draw_strips(samples: Sequence[LineSample], images: dict[str, list[GreyImage]], count: int, target: Path) -> None:
    """Draw the same lines by every method, one row per method and one column per line, as PNG.

    Args:
        images: of all ``samples``, by method.
        count: lines shown; evenly spaced in severity, from the middle of the lightest part to that of the heaviest.
    """
    order = np.argsort([float(sample.meta["severity"]) for sample in samples], kind="stable")
    chosen = [int(order[int((place + 0.5) * len(order) / count)]) for place in range(count)]
    widths = [samples[index].clean.shape[1] for index in chosen]
    height = samples[0].clean.shape[0]
    size = LABEL_WIDTH + sum(widths) + GAP * count, 24 + len(images) * (height + GAP)
    sheet = Image.new("L", size, 255)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
    lefts = (LABEL_WIDTH + np.cumsum([0, *(width + GAP for width in widths[:-1])])).tolist()
    for index, left in zip(chosen, lefts, strict=True):
        draw.text((left, 4), f"severity {float(samples[index].meta['severity']):.2f}", fill=60, font=font)
    for row, (name, lines) in enumerate(images.items()):
        top = 24 + row * (height + GAP)
        draw.text((6, top + height // 2 - 8), name, fill=0, font=font)
        for index, left in zip(chosen, lefts, strict=True):
            sheet.paste(Image.fromarray(lines[index]), (left, top))
    with atomic_path(target) as path:
        sheet.save(path, format="PNG")
