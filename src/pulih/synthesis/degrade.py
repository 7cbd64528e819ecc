"""Degradation of a clean line: which ages and accidents befell it, drawn from its severity, applied and recorded."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pulih.data.lines import GreyImage
from pulih.synthesis.config import DegradationRates
from pulih.synthesis.ink import bleed_through, ink_fading, ink_flow, iron_gall_halo, show_through
from pulih.synthesis.optics import Picture, blur, jpeg, noise
from pulih.synthesis.paper import Drawn, folds, laid_lines, paper_texture, uneven_light
from pulih.synthesis.sheet import Palette, Sheet, compose, new_sheet
from pulih.synthesis.stains import foxing, holes, stains

SheetEffect = Callable[[Sheet, float, np.random.Generator], Drawn]
OpticalEffect = Callable[[Picture, float, float, np.random.Generator], tuple[Picture, Drawn]]
Record = dict[str, Any]

# In the order in which they happen to a sheet, then to its picture.
ON_SHEET: tuple[SheetEffect, ...] = (
    paper_texture, laid_lines, ink_fading, iron_gall_halo, bleed_through, show_through, stains, foxing, folds,
    uneven_light, holes,
)  # fmt: skip
OPTICAL: tuple[OpticalEffect, ...] = (blur, noise, jpeg)
# Paper reflectance at severity 0 and 1, and its spread; calibrated so that the thirds of severity have the input PSNR
# that the tests hold (14.5, 12.2 and 10.6 dB).
TONE_FRESH, TONE_AGED, TONE_SPREAD = 0.842, 0.727, 0.065


def degrade_line(
    clean: GreyImage, back: GreyImage, severity: float, rates: DegradationRates, random: np.random.Generator
) -> tuple[GreyImage, list[Record]]:
    """Return a degraded picture (H, W) of ``clean`` and the records of what was done.

    Args:
        back: what stands on the other side, as seen from the front, of the same shape.
        severity: 0 (as new) to 1.
    """
    sheet = new_sheet(clean, back, unit=clean.shape[0] / 64)
    records = age(sheet, severity, rates, random)
    tone = draw_tone(severity, random)
    picture, seen = photograph(compose(sheet, Palette(paper=(tone,))), sheet.unit, severity, rates, random)
    return picture, [{"name": "paper_tone", "reflectance": round(tone, 4)}, *records, *seen]


def draw_tone(severity: float, random: np.random.Generator) -> float:
    """Draw the reflectance of the bare paper."""
    mean = TONE_FRESH + (TONE_AGED - TONE_FRESH) * severity**0.75
    return float(np.clip(random.normal(mean, TONE_SPREAD), 0.45, 0.98))


def age(sheet: Sheet, severity: float, rates: DegradationRates, random: np.random.Generator) -> list[Record]:
    """Apply the sheet's degradations that are drawn for ``severity``, in place, and return their records."""
    records = [_record(ink_flow.__name__, severity, ink_flow(sheet, severity, random))]
    for effect in ON_SHEET:
        strength = draw_strength(getattr(rates, effect.__name__), severity, random)
        if strength is not None:
            records.append(_record(effect.__name__, strength, effect(sheet, strength, random)))
    return records


def photograph(
    seen: NDArray[np.float32], unit: float, severity: float, rates: DegradationRates, random: np.random.Generator
) -> tuple[Picture, list[Record]]:
    """Return the picture (uint8) that a camera takes of ``seen`` (in [0, 1]) and the records of its faults."""
    picture: Picture = np.round(seen * 255).astype(np.uint8)
    records = []
    for effect in OPTICAL:
        strength = draw_strength(getattr(rates, effect.__name__), severity, random)
        if strength is not None:
            picture, drawn = effect(picture, unit, strength, random)
            records.append(_record(effect.__name__, strength, drawn))
    return picture, records


def draw_strength(rate: float, severity: float, random: np.random.Generator) -> float | None:
    """Return how strong a degradation is, in [0, 1], or None when it does not befall this sheet."""
    chance, spread = random.random(2)
    if chance >= rate ** (3 - 2 * severity):
        return None
    return float(severity * (0.55 + 0.45 * spread))


def _record(name: str, strength: float, drawn: Drawn) -> Record:
    return {"name": name, "strength": round(strength, 4), **{key: round(value, 4) for key, value in drawn.items()}}
