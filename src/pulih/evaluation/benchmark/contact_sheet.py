"""A sheet of crops of the worst, the median and the best pages of a method: scan, answers, ground truth, errors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pulih.evaluation.benchmark.measure import answer_path
from pulih.evaluation.benchmark.methods import TITLES
from pulih.evaluation.benchmark.pairs import Pair, read_pair
from pulih.evaluation.binary import Mask

CROP = (420, 240)  # width and height in pixels
LABEL_HEIGHT = 20
LOST, INVENTED = (200, 40, 40), (40, 90, 220)
RgbImage = NDArray[np.uint8]


def choose(table: pd.DataFrame, method: str, count: int) -> list[tuple[str, str]]:
    """Return (place, page) of ``count`` pages each: the worst, the median and the best by the method's F-measure."""
    ranked = table[table["method"] == method].sort_values(["fm", "page"])["page"].tolist()
    count = min(count, len(ranked))
    middle = (len(ranked) - count) // 2
    chosen = {"worst": ranked[:count], "median": ranked[middle : middle + count], "best": ranked[::-1][:count]}
    return [(place, page) for place, pages in chosen.items() for page in pages]


def sheet(pairs: Sequence[Pair], table: pd.DataFrame, methods: Sequence[str], folder: Path, count: int) -> RgbImage:
    """Return one row per chosen page: the scan, the answers of ``methods``, the ground truth, the first one's errors.

    Pages are ranked by the first method. Lost ink is red, invented ink blue.
    """
    by_name = {pair.name: pair for pair in pairs}
    rows = [
        _row(place, by_name[page], table[table["page"] == page].set_index("method"), methods, folder)
        for place, page in choose(table, methods[0], count)
    ]
    return np.vstack(rows)


def _row(place: str, pair: Pair, figures: pd.DataFrame, methods: Sequence[str], folder: Path) -> RgbImage:
    page, truth = read_pair(pair)
    answers = {method: _read_mask(answer_path(folder, method, pair.name)) for method in methods}
    window = busiest(truth)
    cells = [_cell(page[window], f"{place}: {Path(pair.name).name}")]
    for method, answer in answers.items():
        label = f"{TITLES[method]}: FM {float(figures['fm'][method]):.1f}"
        cells.append(_cell(_grey(answer)[window], label))
    cells.append(_cell(_grey(truth)[window], "ground truth"))
    cells.append(_cell(_errors(truth, answers[methods[0]])[window], "lost (red), invented (blue)"))
    return np.hstack(cells)


def busiest(truth: Mask) -> tuple[slice, slice]:
    """Return where on a grid of half crops the ground truth has most ink: a crop that shows writing."""
    width, height = CROP
    tops = range(0, max(truth.shape[0] - height, 0) + 1, height // 2)
    lefts = range(0, max(truth.shape[1] - width, 0) + 1, width // 2)
    top, left = max(
        ((top, left) for top in tops for left in lefts),
        key=lambda at: int(truth[at[0] : at[0] + height, at[1] : at[1] + width].sum()),
    )
    return slice(top, top + height), slice(left, left + width)


def _cell(image: RgbImage, label: str) -> RgbImage:
    cell = Image.new("RGB", (CROP[0] + 4, CROP[1] + LABEL_HEIGHT + 4), "white")
    cell.paste(Image.fromarray(np.ascontiguousarray(image)), (0, LABEL_HEIGHT))
    ImageDraw.Draw(cell).text((3, 3), label, fill="black", font=ImageFont.load_default(size=13))
    return np.asarray(cell)


def _read_mask(path: Path) -> Mask:
    with Image.open(path) as image:
        return np.asarray(image.convert("L")) < 128


def _grey(mask: Mask) -> RgbImage:
    return np.repeat(np.where(mask, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _errors(truth: Mask, answer: Mask) -> RgbImage:
    image = np.full((*truth.shape, 3), 255, np.uint8)
    image[truth & answer] = 150
    image[truth & ~answer] = LOST
    image[answer & ~truth] = INVENTED
    return image
