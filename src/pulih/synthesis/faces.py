"""Fonts ready to draw with: what characters they have, how large their letters are."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, ImageDraw, ImageFont, features

from pulih.common.errors import InputError
from pulih.data.charset import LATIN
from pulih.data.lines import Split
from pulih.synthesis import fonts
from pulih.synthesis.config import SynthesisConfig

REFERENCE = 100
# Of a capital's height, this much has to fit into the line: the tips of some flourishes are cut off.
CAPITALS_INSIDE = 0.85
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Face:
    """A font's name, file, characters within the charset, and its measures in ems.

    ``ascent`` and ``descent`` are those of most letters: flourished capitals may reach further.
    """

    name: str
    path: Path
    characters: frozenset[str]
    x_height: float
    ascent: float
    descent: float
    stroke: float

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """Return the font at ``size`` pixels per em."""
        return _load(self.path, size)


def shaping() -> Literal["raqm", "basic"]:
    """Return how Pillow sets letters: ``raqm`` joins and kerns them as a font says, ``basic`` sets them side by side.

    Pillow brings Raqm along, and uses it where the system has the library FriBiDi.
    """
    return "raqm" if features.check("raqm") else "basic"


@functools.lru_cache(maxsize=512)
def _load(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


@functools.lru_cache(maxsize=256)
def open_face(name: str, font_dirs: tuple[str, ...] = ()) -> Face:
    """Return a font by name; raises InputError when it is missing, unreadable or lacks the basic letters."""
    path = fonts.find(name, font_dirs)
    try:
        with TTFont(path) as tables:
            drawn = {chr(code) for code in tables.getBestCmap()}
        font = ImageFont.truetype(str(path), REFERENCE)
    except (OSError, TTLibError, KeyError, ValueError, TypeError, AttributeError) as err:
        raise InputError(f"a TrueType or OpenType font at {path}", str(err), "Remove or replace the file.") from err
    if lacking := set(LETTERS) - drawn:
        found = f"none for {''.join(sorted(lacking))}"
        raise InputError(f"glyphs for a-z in {path}", found, "Take a font with the Latin letters.")
    top, bottom = font.getbbox("x", anchor="ls")[1], font.getbbox("gpqyj", anchor="ls")[3]
    letters, capitals = (-font.getbbox(some, anchor="ls")[1] for some in ("bdhkl", "AEM"))
    ascent = max(letters, CAPITALS_INSIDE * capitals)
    measures = (value / REFERENCE for value in (-top, ascent, bottom, _stroke_width(font)))
    return Face(name, path, frozenset(drawn & set(LATIN)), *measures)


def _stroke_width(font: ImageFont.FreeTypeFont) -> float:
    """Return the mean width of strokes in pixels: twice the inked area per length of outline."""
    sheet = Image.new("L", (20 * REFERENCE, 3 * REFERENCE), 0)
    ImageDraw.Draw(sheet).text((REFERENCE, 2 * REFERENCE), "minimum volesdag", font=font, fill=255, anchor="ls")
    ink = (np.asarray(sheet) > 127).astype(np.uint8)
    outline = int(ink.sum()) - int(cv2.erode(ink, np.ones((3, 3), np.uint8)).sum())
    return 2 * int(ink.sum()) / max(1, outline)


def names_of(config: SynthesisConfig, split: Split) -> tuple[str, ...]:
    """Return the names of the fonts of a split: by default the pinned ones and, to train on, the user's own."""
    pinned = tuple(name for name, pin in fonts.pins().items() if pin.held_out and name not in config.fonts)
    held_out = config.held_out_fonts or pinned
    if split == "test_unseen":
        return held_out
    own = fonts.names_in(config.font_dirs)
    every = config.fonts or (*fonts.pins(), *own)
    return tuple(name for name in every if name not in held_out)


def faces_of(config: SynthesisConfig, split: Split) -> list[Face]:
    """Return the fonts of a split, opened; raises InputError when there is none."""
    faces = [open_face(name, config.font_dirs) for name in names_of(config, split)]
    if not faces:
        raise InputError(f"a font for the split '{split}'", "none", "Name some in 'fonts' and 'held_out_fonts'.")
    return faces
