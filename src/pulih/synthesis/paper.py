"""Paper and the light on it: texture, laid lines, folds, uneven light. Each changes a sheet, returns what it drew."""

import cv2
import numpy as np

from pulih.synthesis.fields import fractal_field, normal_field
from pulih.synthesis.sheet import Sheet

Drawn = dict[str, float]


def paper_texture(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Give the paper cloudiness (how pulp settled), a felt of fibres drawn out in one direction, and dark specks."""
    cloud, felt = 0.003 + 0.03 * strength * random.uniform(0.2, 1), 0.006 + 0.022 * strength * random.uniform(0.3, 1)
    cell, drawn_out = sheet.unit * random.uniform(14, 70), random.uniform(1.0, 3.0)
    texture = fractal_field(random, sheet.shape, cell) * np.float32(cloud)
    along, across = sheet.unit * (0.8 + drawn_out), sheet.unit * 1.3
    cells = (across, along) if random.random() < 0.5 else (along, across)
    texture += normal_field(random, sheet.shape, cells) * np.float32(1.5 * felt)
    sheet.light *= np.clip(1 + texture, 0.5, 1.25)
    specks = int(random.poisson(sheet.ink.size / (4000 * sheet.unit**2) * (0.3 + strength)))
    for _ in range(specks):
        _speck(sheet, random)
    return {"cloud": cloud, "felt": felt, "cell": cell, "specks": float(specks)}


def _speck(sheet: Sheet, random: np.random.Generator) -> None:
    """Press a splinter or hair into the paper: a short thin line."""
    x, y = random.uniform(0, sheet.shape[1]), random.uniform(0, sheet.shape[0])
    angle, length = random.uniform(0, np.pi), sheet.unit * random.gamma(1.2, 2.0)
    # OpenCV takes coordinates with 4 fractional bits.
    ends = [round(16 * v) for v in (x, y, x + length * np.cos(angle), y + length * np.sin(angle))]
    top, left = max(0, int(y - 40)), max(0, int(x - 40))
    window = sheet.stain[top : int(y + 40), left : int(x + 40)]
    mask = np.zeros(window.shape, np.uint8)
    first, last = (ends[0] - 16 * left, ends[1] - 16 * top), (ends[2] - 16 * left, ends[3] - 16 * top)
    cv2.line(mask, first, last, 255, 1, cv2.LINE_AA, shift=4)
    window += mask * np.float32(random.uniform(0.1, 0.6) / 255)


def laid_lines(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Print the wires of the paper mould: close laid lines, and chain lines across them far apart."""
    depth = 0.008 + 0.03 * strength * random.uniform(0.4, 1)
    pitch, chains = sheet.unit * random.uniform(3.5, 6.5), sheet.unit * random.uniform(90, 160)
    upright = bool(random.random() < 0.5)
    angle = random.normal(0, 0.01)
    rows = np.arange(sheet.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(sheet.shape[1], dtype=np.float32)[None, :]
    along, across = (columns, rows) if upright else (rows, columns)
    phase = random.uniform(0, 6.28)
    waves = np.sin((along + across * np.float32(angle)) * np.float32(6.283 / pitch) + np.float32(phase))
    distance = np.abs((across + np.float32(phase * 20 * sheet.unit)) % np.float32(chains) - np.float32(chains / 2))
    chain = np.exp(-((distance / np.float32(1.2 * sheet.unit)) ** 2))
    sheet.light *= 1 + np.float32(depth) * waves - np.float32(1.5 * depth) * chain
    return {"depth": depth, "pitch": pitch, "chains": chains, "upright": float(upright)}


def folds(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Crease the sheet once: a dark line with a lit edge, rubbed ink on it, and one side in slight shade."""
    height, width = sheet.shape
    upright = bool(random.random() < 0.6)
    angle = random.normal(0, 0.04)
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :]
    position = random.uniform(0.1, 0.9) * (width if upright else height)
    distance = (
        columns - position + rows * np.float32(angle) if upright else rows - position + columns * np.float32(angle)
    )
    distance = distance / np.float32(sheet.unit * random.uniform(0.9, 2.2))
    depth, shade = 0.1 + 0.35 * strength * random.uniform(0.5, 1), 0.08 * strength * random.uniform(-1, 1)
    crease = np.exp(-(distance**2))
    lit = np.exp(-((distance - 2.2) ** 2))
    side = np.float32(1) / (1 + np.exp(-np.clip(distance / 6, -30, 30)))
    sheet.light *= 1 - np.float32(depth) * crease + np.float32(0.25 * depth) * lit - np.float32(shade) * side
    sheet.ink *= 1 - np.float32(min(0.8, 2 * depth * strength)) * crease
    return {"depth": depth, "shade": shade, "position": position, "upright": float(upright)}


def uneven_light(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Let the light fall off across the sheet, as from a lamp on one side or towards the gutter."""
    height, width = sheet.shape
    span = 0.04 + 0.3 * strength * random.uniform(0.3, 1)
    angle = random.uniform(0, 2 * np.pi)
    rows = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    columns = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    ramp = np.float32(np.sin(angle)) * rows + np.float32(np.cos(angle)) * columns
    spread = normal_field(random, sheet.shape, max(height, width) / 2.5)
    sheet.light *= np.clip(1 - np.float32(span) * (ramp + np.float32(0.25) * spread), 0.35, 1.3)
    return {"span": span, "angle": angle}
