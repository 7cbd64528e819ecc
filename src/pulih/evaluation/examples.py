"""The lines that a reader should see: the worst, the median and the best, with their figures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pulih.data.lines import GreyImage
from pulih.evaluation.measure import METHODS, Candidates

SHOWN = ("degraded", "restored", "clean")
LABEL_HEIGHT = 22


@dataclass(frozen=True)
class Reading:
    """What the recognizer made of one image of a line, and how like the clean line it is (dB; 0..1)."""

    text: str
    cer: float
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Example:
    """One line: its place in the ranking, its images and their readings by method."""

    place: str
    key: str
    font: str
    severity: float
    text: str
    images: dict[str, GreyImage]
    readings: dict[str, Reading]

    @property
    def change(self) -> float:
        """CER of the restored minus that of the degraded line; below 0 the restorer helped."""
        return self.readings["restored"].cer - self.readings["degraded"].cer


def choose(per_line: pd.DataFrame, images: Candidates, count: int) -> list[Example]:
    """Return ``count`` lines each of the worst, the median and the best by the change of their CER.

    Lines of equal change are ranked by the PSNR of the restored line.

    Args:
        per_line: the rows of one split as ``measure`` returns them, methods one after another.
        images: of the same lines in the same order.
    """
    lines = len(images["clean"])
    by_method = {name: per_line.iloc[at * lines : (at + 1) * lines] for at, name in enumerate(METHODS)}
    before, after = _cer(by_method["degraded"]), _cer(by_method["restored"])
    order = np.lexsort((by_method["restored"]["psnr"].to_numpy(), np.round(before - after, 9)))
    count = min(count, lines)
    middle = (lines - count) // 2
    places = [("worst", order[:count]), ("median", order[middle : middle + count]), ("best", order[::-1][:count])]
    return [_example(place, int(index), by_method, images) for place, chosen in places for index in chosen]


def _cer(rows: pd.DataFrame) -> NDArray[np.float64]:
    errors = rows["substitutions"] + rows["deletions"] + rows["insertions"]
    return np.asarray(errors / rows["characters"].clip(lower=1), dtype=np.float64)


def _example(place: str, index: int, by_method: dict[str, pd.DataFrame], images: Candidates) -> Example:
    line = by_method["clean"].iloc[index]
    return Example(
        place=place,
        key=str(line["key"]),
        font=str(line["font"]),
        severity=float(line["severity"]),
        text=str(line["text"]),
        images={name: images[name][index] for name in SHOWN},
        readings={name: _reading(by_method[name].iloc[[index]]) for name in SHOWN},
    )


def _reading(row: pd.DataFrame) -> Reading:
    line = row.iloc[0]
    return Reading(str(line["read"]), float(_cer(row)[0]), float(line["psnr"]), float(line["ssim"]))


def strip(example: Example) -> GreyImage:
    """Return the degraded, the restored and the clean line below each other, each under its label and figures."""
    font = ImageFont.load_default(size=13)
    height, width = example.images["clean"].shape
    sheet = Image.new("L", (max(width, 420), len(SHOWN) * (height + LABEL_HEIGHT)), 255)
    draw = ImageDraw.Draw(sheet)
    for row, name in enumerate(SHOWN):
        top = row * (height + LABEL_HEIGHT)
        draw.text((4, top + 3), _label(name, example.readings[name]), fill=60, font=font)
        sheet.paste(Image.fromarray(example.images[name]), (0, top + LABEL_HEIGHT))
    return np.asarray(sheet)


def _label(name: str, reading: Reading) -> str:
    likeness = "" if name == "clean" else f"PSNR {reading.psnr:.1f} dB   SSIM {reading.ssim:.3f}   "
    return f"{name}   {likeness}CER {reading.cer:.1%}"
