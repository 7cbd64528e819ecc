"""Spots on the paper and gaps in it: stains with rims, foxing, holes."""

import cv2
import numpy as np

from pulih.synthesis.fields import Field, fractal_field, uniform_field
from pulih.synthesis.paper import Drawn
from pulih.synthesis.sheet import Sheet


def stains(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Spill liquid once or a few times: a tinted area that ends in a darker tide line."""
    height, width = sheet.shape
    area = height * width / (64 * 512 * sheet.unit**2)
    number = 1 + int(random.integers(0, 2 + round(min(area, 9) * strength)))
    amount = strength * random.uniform(0.1, 0.45)
    for _ in range(number):
        radius = sheet.unit * random.uniform(15, 75) * min(3.0, max(1.0, area**0.25))
        _spill(sheet, random, radius, amount)
    return {"number": float(number), "amount": amount}


def _spill(sheet: Sheet, random: np.random.Generator, radius: float, amount: float) -> None:
    centre = random.uniform(0, sheet.shape[0]), random.uniform(0, sheet.shape[1])
    window = tuple(
        slice(max(0, int(c - 1.8 * radius)), min(size, int(c + 1.8 * radius) + 1))
        for c, size in zip(centre, sheet.shape, strict=True)
    )
    rows = (np.arange(window[0].start, window[0].stop, dtype=np.float32) - np.float32(centre[0]))[:, None]
    columns = (np.arange(window[1].start, window[1].stop, dtype=np.float32) - np.float32(centre[1]))[None, :]
    shape = len(rows), columns.shape[1]
    stretch = np.float32(random.uniform(0.7, 1.4))
    edge = fractal_field(random, shape, radius / 2.2) * np.float32(0.16 * radius)
    # Positive inside; measured in pixels from the tide line.
    inside = np.float32(radius) - np.sqrt((rows * stretch) ** 2 + (columns / stretch) ** 2) + edge
    soft, rim = sheet.unit * random.uniform(0.8, 3.0), random.uniform(0.4, 1.6)
    body = np.clip(inside / np.float32(2 * soft), 0, 1)
    line = np.exp(-((inside / np.float32(1.5 * soft)) ** 2))
    washed = np.exp(-np.clip(inside, 0, None) / np.float32(0.35 * radius))
    sheet.stain[window] += np.float32(amount) * (body * (0.45 + 0.55 * washed) + np.float32(rim) * line)


def foxing(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Scatter small soft brown spots, in clusters."""
    height, width = sheet.shape
    share = height * width / (64 * 512 * sheet.unit**2)
    number = 1 + int(random.poisson(share * (3 + 22 * strength)))
    amount = 0.08 + strength * random.uniform(0.1, 0.4)
    for _ in range(number):
        radius = sheet.unit * random.gamma(1.6, 0.9) + 0.6
        _dab(sheet.stain, random, radius, amount * random.uniform(0.3, 1))
    return {"number": float(number), "amount": amount}


def _dab(layer: Field, random: np.random.Generator, radius: float, amount: float) -> None:
    reach = int(3 * radius) + 1
    y, x = int(random.integers(layer.shape[0])), int(random.integers(layer.shape[1]))
    top, left = max(0, y - reach), max(0, x - reach)
    rows = np.arange(top, min(layer.shape[0], y + reach), dtype=np.float32) - np.float32(y)
    columns = np.arange(left, min(layer.shape[1], x + reach), dtype=np.float32) - np.float32(x)
    spread = np.float32(-1 / (2 * radius**2))
    spot = np.exp(rows[:, None] ** 2 * spread) * np.exp(columns[None, :] ** 2 * spread)
    layer[top : top + len(rows), left : left + len(columns)] += np.float32(amount) * spot


def holes(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Take paper away: worm holes, and gaps where corrosive ink fell out; dark or light backing shows."""
    number = 1 + int(random.poisson(4 * strength * max(1.0, sheet.shape[0] / (256 * sheet.unit))))
    gone = np.zeros(sheet.shape, np.float32)
    for _ in range(number):
        centre = int(random.integers(sheet.shape[1])), int(random.integers(sheet.shape[0]))
        axes = tuple(max(1, round(sheet.unit * random.uniform(0.8, 1.5 + 3.5 * strength))) for _ in range(2))
        cv2.ellipse(gone, centre, axes, random.uniform(0, 180), 0, 360, 1.0, -1)
    edge = uniform_field(random, sheet.shape, 2.5 * sheet.unit)
    sheet.gone = np.clip(cv2.GaussianBlur(gone, (0, 0), sheet.unit) * 3 - edge, 0, 1)
    sheet.backing = random.uniform(0.02, 0.2) if random.random() < 0.6 else random.uniform(0.6, 0.95)
    rim = cv2.GaussianBlur(gone, (0, 0), 2 * sheet.unit)
    sheet.stain += rim * np.float32(0.5)
    return {"number": float(number), "backing": sheet.backing}
