"""What happens to ink: fading, its brown halo, and the other side's ink showing or soaking through."""

import cv2
import numpy as np

from pulih.synthesis.fields import Field, fractal_field, normal_field, uniform_field
from pulih.synthesis.paper import Drawn
from pulih.synthesis.sheet import FULL_INK, Sheet

# The palest ink as a share of full ink, at strength 0 and 1.
THINNEST_FRESH, THINNEST_AGED = 0.3, 0.25


def ink_flow(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Let the ink run dry between two dips of the pen and vary with its pressure; every hand does."""
    height, width = sheet.shape
    dip, depth = sheet.unit * random.uniform(90, 320), random.uniform(0.05, 0.2) + 0.25 * strength * random.random()
    since = ((np.arange(width, dtype=np.float32) + np.float32(random.uniform(0, dip))) % np.float32(dip)) / np.float32(
        dip
    )
    since = cv2.GaussianBlur(since[None, :], (0, 0), 3 * sheet.unit)
    pressure = normal_field(random, (height, width), 9 * sheet.unit) * np.float32(0.1)
    body = _body(strength, random)
    sheet.ink *= np.clip(1 - np.float32(depth) * since + pressure, 0.1, 1.2) * np.float32(body)
    sheet.back *= np.float32(body**0.5)
    return {"dip": dip, "depth": depth, "body": body}


def _body(strength: float, random: np.random.Generator) -> float:
    """Draw how strong the ink was mixed, as a share of full ink; the other side was written with much the same.

    Ink on real pages leaves 0.3 to 0.75 of the paper's light away where the pen pressed; black ink is the exception.
    """
    thinnest = THINNEST_FRESH + (THINNEST_AGED - THINNEST_FRESH) * strength
    return float(np.exp(random.uniform(np.log(thinnest), 0)))


def ink_fading(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Bleach the ink, more in some places, and thin strokes first."""
    loss = strength * random.uniform(0.25, 0.65)
    patches = fractal_field(random, sheet.shape, sheet.unit * random.uniform(20, 90), octaves=2)
    kept = np.clip(1 - np.float32(loss) * (1 + np.float32(0.35) * patches), 0.06, 1)
    exponent = np.float32(1 + 0.4 * strength * random.random())
    sheet.ink = (sheet.ink / np.float32(FULL_INK)) ** exponent * np.float32(FULL_INK) * kept
    return {"loss": loss, "exponent": float(exponent)}


def iron_gall_halo(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Let iron migrate from the strokes into the paper around them."""
    radius = sheet.unit * random.uniform(1.2, 3.5)
    amount = strength * random.uniform(0.08, 0.35)
    halo = cv2.GaussianBlur(sheet.ink, (0, 0), radius)
    sheet.stain += halo * (np.float32(amount) * (np.float32(0.6) + uniform_field(random, sheet.shape, 40 * sheet.unit)))
    return {"radius": radius, "amount": amount}


def bleed_through(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Let ink of the other side soak through: diffused, patchy, in places as dark as the text itself."""
    radius = sheet.unit * random.uniform(0.5, 1.6)
    amount = 0.1 + strength * random.uniform(0.25, 0.75)
    patches = np.clip(uniform_field(random, sheet.shape, sheet.unit * random.uniform(25, 120)) * 1.5 - 0.1, 0.1, 1)
    soaked = cv2.GaussianBlur(sheet.back, (0, 0), radius)
    sheet.verso += soaked * patches * np.float32(amount * FULL_INK * 0.75)
    return {"radius": radius, "amount": amount}


def show_through(sheet: Sheet, strength: float, random: np.random.Generator) -> Drawn:
    """Show the other side faintly and out of focus through the whole sheet, as thin paper against a dark ground."""
    radius = sheet.unit * random.uniform(1.4, 3.2)
    amount = 0.04 + strength * random.uniform(0.08, 0.3)
    seen: Field = cv2.GaussianBlur(sheet.back, (0, 0), radius)
    sheet.verso += seen * np.float32(amount)
    return {"radius": radius, "amount": amount}
