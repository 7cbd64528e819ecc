"""The descriptors of one page; ``features.catalogue`` says what each means."""

import numpy as np

from pulih.drift.descriptors import paper, strokes
from pulih.drift.descriptors.layers import noise_sigma, take_apart
from pulih.drift.descriptors.region import RgbImage
from pulih.features.catalogue import NAMES

NAN = float("nan")


def describe(rgb: RgbImage) -> dict[str, float]:
    """Return every descriptor of a page (H, W, 3) uint8, NaN where the page gives no ground to measure it.

    Raises:
        InputError: it has not the size or shape of a page.
    """
    layers = take_apart(rgb)
    surface = paper.fitted_background(layers)
    values = dict.fromkeys(NAMES, NAN) | paper.colour(layers)
    values |= {
        "ink_density": 100 * float(layers.ink.sum()) / max(float(layers.sheet.sum()), 1.0),
        "background_unevenness": paper.unevenness(surface),
        "noise": 255 * noise_sigma(layers.grey, layers.paper),
        "bleed_through": paper.bleed_through(layers),
        "stain_area": paper.stain_area(surface),
    }
    if layers.has_writing:
        soft = strokes.soft_ink(layers)
        values |= {
            "contrast": paper.contrast(layers),
            "blur": strokes.edge_blur(layers),
            "stroke_width": strokes.stroke_width(soft),
            "slant": strokes.slant(soft),
            "line_pitch": strokes.line_pitch(soft),
        }
    return {name: value if np.isfinite(value) else NAN for name, value in values.items()}
