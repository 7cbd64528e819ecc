"""A sheet as layers of light and colouring matter, and what a camera sees of it.

Axes: H height, W width, C channels (1 grey or 3 colours). Density is absorbance: paper under density d reflects exp(-d)
of what bare paper does (Beer-Lambert), so that layers add up as real inks and stains do.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pulih.data.lines import GreyImage
from pulih.synthesis.fields import Field

Colour = tuple[float, ...]
# The absorbance of full ink where nothing has faded: 0.07 of the paper's light comes back.
FULL_INK = 2.6


@dataclass(frozen=True)
class Palette:
    """Per channel: the reflectance of bare paper, and how strongly each layer's density absorbs."""

    paper: Colour
    ink: Colour = (1.0,)
    stain: Colour = (1.0,)
    back: Colour = (1.0,)


@dataclass
class Sheet:
    """The layers of one sheet, float32 (H, W).

    ``light`` multiplies the paper's reflectance; ``ink``, ``stain`` and ``verso`` are densities; ``back`` is the ink
    coverage of the other side in [0, 1], seen from the front; ``gone`` is 1 where the paper is missing and ``backing``
    is what shows there. ``unit`` is the size of a pixel of a 64 px line, in pixels.
    """

    ink: Field
    back: Field
    unit: float = 1.0
    backing: float = 0.1
    light: Field = field(init=False)
    stain: Field = field(init=False)
    verso: Field = field(init=False)
    gone: Field | None = None

    def __post_init__(self) -> None:
        self.light = np.ones_like(self.ink)
        self.stain = np.zeros_like(self.ink)
        self.verso = np.zeros_like(self.ink)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.ink.shape[0], self.ink.shape[1]


def new_sheet(clean: GreyImage, back: GreyImage, unit: float) -> Sheet:
    """Return an undamaged sheet with the ink of ``clean`` in front and that of ``back`` (already mirrored) behind."""
    ink = (255 - clean).astype(np.float32) * np.float32(FULL_INK / 255)
    return Sheet(ink=ink, back=(255 - back).astype(np.float32) / np.float32(255), unit=unit)


def compose(sheet: Sheet, palette: Palette) -> NDArray[np.float32]:
    """Return the sheet as seen, float32 (H, W) for one channel or (H, W, C), in [0, 1]."""
    channels = zip(palette.paper, palette.ink, palette.stain, palette.back, strict=True)
    seen = [_channel(sheet, *colours) for colours in channels]
    return seen[0] if len(seen) == 1 else np.stack(seen, axis=-1)


def _channel(sheet: Sheet, paper: float, ink: float, stain: float, back: float) -> Field:
    density = sheet.ink * np.float32(ink)
    density += sheet.stain * np.float32(stain)
    density += sheet.verso * np.float32(back)
    seen = np.exp(-density) * sheet.light
    seen *= np.float32(paper)
    if sheet.gone is not None:
        seen += (np.float32(sheet.backing) - seen) * sheet.gone
    return np.asarray(np.clip(seen, 0, 1), dtype=np.float32)
