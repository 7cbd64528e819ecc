"""Clean handwriting: one line of text drawn with a font and bent as a hand would.

Axes: H height, W width. Ink coverage is uint8, 255 = ink; a clean line is the inverse, 255 = paper.
"""

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pulih.common.errors import InputError
from pulih.data.lines import GreyImage
from pulih.synthesis.faces import Face
from pulih.synthesis.fields import enlarge, grid_shape, normal_field
from pulih.synthesis.spelling import LONG_S, with_long_s

# Strokes are drawn and bent at this multiple of the final size, so that thin ones survive the bending.
OVERSAMPLING = 2
TRIES = 12
# Fonts with thinner strokes, in final pixels, get a broader pen: no quill writes hairlines only.
THIN = 1.2
LONG_S_SHARE = 0.25
# Fonts are drawn with a fine pen; a cut quill is broader. Share of lines written with one, its breadth as a share of
# the x-height, and how much thinner it is along its edge.
BROAD_SHARE = 0.14
BREADTH = (0.03, 0.2)
EDGE = (0.35, 1.0)


@dataclass(frozen=True)
class Hand:
    """How one line is written; lengths in pixels of the final image, slant as a tangent.

    ``nib`` is what the pen adds to the breadth of the font's strokes, ``edge`` the ratio of its short to its long side,
    ``nib_angle`` how it is held, in degrees.
    """

    face: Face
    size: float
    baseline: float
    space: float
    slant: float
    wave: float
    jitter: float
    weight: float
    pressure: float
    long_s: bool
    nib: float
    edge: float
    nib_angle: float

    def describe(self) -> dict[str, Any]:
        """Return the drawn values, rounded, for the sample's meta."""
        values = {name: value for name, value in vars(self).items() if name != "face"}
        return {name: value if isinstance(value, bool) else round(float(value), 3) for name, value in values.items()}


@dataclass(frozen=True)
class RenderedLine:
    """A clean line (H, W) uint8 with its text and hand."""

    clean: GreyImage
    text: str
    hand: Hand


def draw_hand(face: Face, height: int, random: np.random.Generator) -> Hand:
    """Draw a hand for lines of ``height`` pixels: letters as large as the font's long strokes allow."""
    x_height = height * random.uniform(0.2, 0.32)
    extent = height * random.uniform(0.86, 1.04)
    size = min(x_height / face.x_height, extent / (face.ascent + face.descent))
    free = height - size * (face.ascent + face.descent)
    return Hand(
        face=face,
        size=size,
        baseline=free * random.uniform(0.35, 0.65) + size * face.ascent,
        space=size * face.x_height * random.uniform(0.55, 1.15),
        slant=random.normal(0.03, 0.13),
        wave=height * abs(random.normal(0, 0.018)),
        jitter=height * random.uniform(0.004, 0.014),
        weight=random.uniform(0.0, 1.0),
        pressure=random.uniform(0.03, 0.13),
        long_s=LONG_S in face.characters and random.random() < LONG_S_SHARE,
        nib=size * face.x_height * random.uniform(*BREADTH) if random.random() < BROAD_SHARE else 0.0,
        edge=random.uniform(*EDGE),
        nib_angle=random.normal(40, 12),
    )


def render_line(hand: Hand, tokens: Iterator[str], shape: tuple[int, int], random: np.random.Generator) -> RenderedLine:
    """Write tokens until the line is full.

    Args:
        shape: height and greatest width; the line is cut after its last word.
    """
    height, width = shape
    font = hand.face.at(max(4, round(hand.size * OVERSAMPLING)))
    placed, end = _place(hand, font, tokens, width * OVERSAMPLING, random)
    scale = OVERSAMPLING
    sheet = Image.new("L", (round(end), height * scale), 0)
    draw = ImageDraw.Draw(sheet)
    for x, shift, word in placed:
        draw.text((x, hand.baseline * scale + shift), word, fill=255, font=font, anchor="ls")
    drawn = _broadened(np.asarray(sheet), hand)
    if hand.nib == 0 and hand.face.stroke * hand.size < THIN:
        drawn = cv2.dilate(drawn, np.ones((2, 2), np.uint8))
    bent = _bend(drawn, hand, random)
    inked = _press(bent, hand, random)
    # A single word too long for the line is squeezed into it.
    size = (min(max(1, inked.shape[1] // scale), width), height)
    coverage = cv2.resize(inked, size, interpolation=cv2.INTER_AREA)
    return RenderedLine(255 - coverage, " ".join(word for _, _, word in placed), hand)


def written(token: str, hand: Hand) -> str | None:
    """Return ``token`` with the characters that the font has, or None when it cannot be written with it."""
    if hand.long_s:
        token = with_long_s(token)
    if hand.face.characters.issuperset(token):
        return token
    plain = unicodedata.normalize("NFD", token.replace(LONG_S, "s"))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return plain if hand.face.characters.issuperset(plain) else None


Placed = list[tuple[float, float, str]]


def _place(
    hand: Hand, font: ImageFont.FreeTypeFont, tokens: Iterator[str], width: int, random: np.random.Generator
) -> tuple[Placed, float]:
    """Return words with their x and vertical shift, and where the line ends, all in oversampled pixels."""
    margin = OVERSAMPLING * hand.size * hand.face.x_height
    x = margin * random.uniform(0.5, 1.2)
    placed: Placed = []
    too_long: list[tuple[float, str]] = []
    for token in itertools.islice(tokens, TRIES + width // 8):
        word = written(token, hand)
        if word is None:
            continue
        length = font.getlength(word)
        if x + length + margin > width:
            if placed:
                break
            too_long.append((length, word))
            continue
        placed.append((x, random.normal(0, hand.jitter * OVERSAMPLING), word))
        x += length + OVERSAMPLING * hand.space * random.uniform(0.8, 1.3)
    if not placed and not too_long:
        fix = "Take another font, or other texts."
        raise InputError(f"words that the font '{hand.face.name}' can write", "none", fix)
    if not placed:
        placed.append((x, 0.0, min(too_long)[1]))
    last, _, word = placed[-1]
    return placed, last + font.getlength(word) + margin * random.uniform(0.6, 1.2)


def _broadened(coverage: GreyImage, hand: Hand) -> GreyImage:
    """Draw the strokes with a broader pen: an ellipse, held at an angle, that follows the font's outline."""
    long = hand.nib * OVERSAMPLING
    if long < 1:
        return coverage
    side = 2 * round(long / 2) + 3
    nib = np.zeros((side, side), np.uint8)
    # OpenCV takes half axes with 4 fractional bits, and turns clockwise.
    axes = round(8 * long), round(8 * long * hand.edge)
    middle = (side // 2 * 16, side // 2 * 16)
    cv2.ellipse(nib, middle, axes, -hand.nib_angle, 0, 360, 1, -1, cv2.LINE_8, 4)
    return np.asarray(cv2.dilate(coverage, nib), np.uint8)


def _bend(coverage: GreyImage, hand: Hand, random: np.random.Generator) -> GreyImage:
    """Slant the line, wave its baseline, and shift neighbouring parts a little, so that no letter repeats itself."""
    height, width = coverage.shape
    letter = hand.size * hand.face.x_height * OVERSAMPLING * 1.6
    shifts = random.standard_normal((*grid_shape((height, width), letter), 2), dtype=np.float32)
    shifts *= np.float32(hand.jitter * OVERSAMPLING) * np.array([1.5, 1.0], np.float32)
    moved = enlarge(shifts, (height, width))
    slanted = (np.arange(height, dtype=np.float32) - np.float32(hand.baseline * OVERSAMPLING)) * np.float32(hand.slant)
    moved[..., 0] += slanted[:, None]
    moved[..., 1] += normal_field(random, (1, width), height * 1.5) * np.float32(hand.wave * OVERSAMPLING)
    flags = cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP
    bent: GreyImage = cv2.remap(coverage, moved, None, flags, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return bent


def _press(coverage: GreyImage, hand: Hand, random: np.random.Generator) -> GreyImage:
    """Make strokes thicker or thinner, varying along the line as the pressure of the pen does."""
    softened = cv2.GaussianBlur(coverage, (0, 0), OVERSAMPLING * 0.5)
    grid = random.standard_normal(grid_shape(coverage.shape, hand.size * OVERSAMPLING * 0.4), dtype=np.float32)
    lowest = 255 * (0.42 - 0.3 * hand.weight) - grid * np.float32(255 * hand.pressure)
    thresholds = enlarge(np.clip(lowest, 8, 130).astype(np.uint8), coverage.shape)
    # Both operations saturate at 0 and 255.
    pressed: GreyImage = cv2.convertScaleAbs(cv2.subtract(softened, thresholds), alpha=2.2)
    return pressed
