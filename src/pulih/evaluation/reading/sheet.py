"""A sheet of lines with what was read before and after restoration: the worst, the median and the best."""

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from pulih.data.lines import GreyImage
from pulih.evaluation.reading.restoring import METHODS, ORIGINAL

LABEL_HEIGHT = 20
GAP = 14
Views = dict[str, list[GreyImage]]


def chosen_lines(rows: pd.DataFrame, method: str, count: int) -> list[tuple[str, str]]:
    """Return (place, sha256) of the worst, median and best lines by the change of their CER by ``method``.

    Args:
        rows: of one reader, all methods.
    """
    before, after = (rows[rows["method"] == name].set_index("sha256") for name in (ORIGINAL, method))
    change = (
        ((after["errors"] - before["errors"]) / before["characters"])
        .sort_index()
        .sort_values(kind="stable", ascending=False)
    )
    count = min(count, len(change))
    middle = (len(change) - count) // 2
    places = {"worst": change.index[:count], "median": change.index[middle : middle + count]}
    places["best"] = change.index[::-1][:count]
    return [(place, str(key)) for place, keys in places.items() for key in keys]


def sheet(rows: pd.DataFrame, chosen: list[tuple[str, str]], views: Views, order: dict[str, int]) -> GreyImage:
    """Draw the chosen lines below each other: every method's image under its error rate and what was read in it.

    Args:
        rows: of one reader, all methods.
        views: the images that were read, per method.
        order: index of each line, by SHA-256, in ``views``.
    """
    blocks = [_block(rows[rows["sha256"] == key], place, views, order[key]) for place, key in chosen]
    width = max(block.width for block in blocks)
    canvas = Image.new("L", (width, sum(block.height + GAP for block in blocks)), 255)
    top = 0
    for block in blocks:
        canvas.paste(block, (0, top))
        top += block.height + GAP
    return np.asarray(canvas)


def _block(rows: pd.DataFrame, place: str, views: Views, index: int) -> Image.Image:
    font = ImageFont.load_default(size=13)
    height, width = views[ORIGINAL][index].shape
    first = rows.iloc[0]
    heading = f"{place}   {first['manuscript']}   contrast {first['contrast']:.2f}   {first['text']}"
    block = Image.new("L", (max(width, 1000), LABEL_HEIGHT + len(METHODS) * (height + LABEL_HEIGHT)), 255)
    draw = ImageDraw.Draw(block)
    draw.text((4, 2), heading, fill=0, font=font)
    for number, method in enumerate(METHODS):
        row = rows[rows["method"] == method].iloc[0]
        top = LABEL_HEIGHT + number * (height + LABEL_HEIGHT)
        label = f"{method}   CER {row['errors'] / row['characters']:.0%}   {row['read']}"
        draw.text((4, top + 2), label, fill=60, font=font)
        block.paste(Image.fromarray(views[method][index]), (0, top + LABEL_HEIGHT))
    return block
