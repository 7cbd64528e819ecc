"""Whole pages as an archive scans them: a written sheet in colour, aged, on the scanner's background."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.common.seed import generator
from pulih.data.lines import GreyImage, Split
from pulih.data.pages import PageSample
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.degrade import Record, age, draw_tone, photograph
from pulih.synthesis.faces import faces_of
from pulih.synthesis.fields import Field
from pulih.synthesis.layout import Layout, draw_layout, write_page_text
from pulih.synthesis.sheet import Colour, Palette, compose, new_sheet
from pulih.synthesis.text import TextSource

# Red, green, blue of bare paper relative to its tone: white rag, cream, brown and greenish sheets of the archive.
PAPERS: tuple[Colour, ...] = (
    (1.0, 0.99, 0.95),
    (1.0, 0.97, 0.88),
    (1.0, 0.94, 0.8),
    (1.0, 0.9, 0.72),
    (0.995, 1.0, 0.91),
)
# Absorbance per channel: carbon black, iron-gall turned brown, and the rusty tint of stains.
BLACK, BROWN, RUST = (1.0, 1.0, 1.0), (0.78, 0.98, 1.2), (0.6, 1.0, 1.55)
MICROFILM_SHARE = 0.1


def page_key(number: int, training: bool) -> str:
    """Return the name of a page to learn from or to judge by."""
    return f"{'train' if training else 'page'}-{number:04d}"


def page_split(number: int) -> Split:
    """Return the split that a page's words and fonts come from: by turns seen and held-out fonts, test words."""
    return "test_unseen" if number % 2 else "test_seen"


def build_page(config: SynthesisConfig, text: TextSource, number: int) -> PageSample:
    """Return page ``number`` in the fonts of the text's split; it depends on the config, the split and the number."""
    training = text.split == "train"
    random = generator(config.seed, "train_page" if training else "page", number)
    faces = faces_of(config, text.split)
    face = faces[int(random.integers(len(faces)))]
    layout = draw_layout(random)
    front = write_page_text(layout, face, text, random)
    back = write_page_text(layout, face, text, random, folio=False)
    severity = random.uniform(config.severity_min, config.severity_max)
    sheet = new_sheet(front.clean, back.clean[:, ::-1], unit=layout.line_height / 64)
    records = age(sheet, severity, config.rates, random)
    palette = draw_palette(severity, random)
    frame = draw_frame(layout, random)
    seen = frame.mount(compose(sheet, palette), random)
    scan, faults = photograph(seen, sheet.unit, severity, config.rates, random)
    meta: dict[str, Any] = {
        "font": face.name,
        "font_seen": text.split != "test_unseen",
        "severity": round(severity, 4),
        "pitch": round(layout.pitch, 2),
        "degradations": [_palette_record(palette), frame.record(), *records, *faults],
        "hand": front.hand.describe(),
        "lines": [{**line, "box": frame.moved(line["box"])} for line in front.lines],
    }
    return PageSample(page_key(number, training), scan, frame.mount_clean(front.clean), meta)


def draw_palette(severity: float, random: np.random.Generator) -> Palette:
    """Draw the colours of paper and ink, between those of two sheets; some scans are microfilm and grey."""
    tone = draw_tone(severity, random)
    if random.random() < MICROFILM_SHARE:
        return Palette((tone,) * 3, (1.0,) * 3, (1.0,) * 3, (1.0,) * 3)
    first, second = (np.array(PAPERS[int(random.integers(len(PAPERS)))]) for _ in range(2))
    mixed = first + (second - first) * random.random()
    # The tone is the luminance (Rec. 601), as it is for grey lines.
    paper = np.clip(mixed * tone / float(mixed @ (0.299, 0.587, 0.114)), 0, 1)
    ink = np.array(BLACK) + (np.array(BROWN) - np.array(BLACK)) * random.random()
    return Palette(tuple(paper.tolist()), tuple(ink.tolist()), RUST, BROWN)


def _palette_record(palette: Palette) -> Record:
    return {"name": "colours", "paper": [round(c, 4) for c in palette.paper], "ink": [round(c, 4) for c in palette.ink]}


@dataclass(frozen=True)
class Frame:
    """How the sheet lies on the scanner: borders (top, right, bottom, left) in pixels, rotation in degrees.

    ``gutter`` is the side of the binding (-1 left, 1 right, 0 none), which lies in shade of depth ``shade``.
    """

    sheet: tuple[int, int]
    borders: tuple[int, int, int, int]
    rotation: float
    ground: float
    gutter: int
    shade: float

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the scan."""
        top, right, bottom, left = self.borders
        return self.sheet[0] + top + bottom, self.sheet[1] + left + right

    def record(self) -> Record:
        """Return what was drawn, for the page's meta."""
        return {"name": "frame", **{key: value for key, value in vars(self).items() if key != "sheet"}}

    def moved(self, box: list[int]) -> list[int]:
        """Return where a box of the sheet lies in the scan: the upright box around the rotated one."""
        x, y, width, height = box
        corners = (
            np.array([[x, y, 1], [x + width, y, 1], [x, y + height, 1], [x + width, y + height, 1]]) @ self._turn().T
        )
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        low, high = np.clip(low, 0, self.shape[::-1]), np.clip(high, 0, self.shape[::-1])
        return [int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])]

    def mount(self, seen: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
        """Lay the sheet (H, W, C) in [0, 1] on the scanner's ground, with the shade of the binding and its own."""
        if self.gutter:
            seen = seen * self._binding(seen.shape[1])[None, :, None]
        turn, size = self._turn(), self.shape[::-1]
        cover = cv2.warpAffine(np.ones(self.sheet, np.float32), turn, size, flags=cv2.INTER_LINEAR)
        placed = cv2.warpAffine(seen, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shadow = cv2.GaussianBlur(cover, (0, 0), 6)
        ground = np.float32(self.ground) * (1 - np.float32(0.5) * shadow) + random.normal(0, 0.003)
        mounted = placed * cover[..., None] + (ground * (1 - cover))[..., None]
        return np.asarray(np.clip(mounted, 0, 1), dtype=np.float32)

    def mount_clean(self, clean: GreyImage) -> GreyImage:
        """Lay the clean sheet on white paper in the same place."""
        options = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_CONSTANT, "borderValue": 255}
        return np.asarray(cv2.warpAffine(clean, self._turn(), self.shape[::-1], **options), dtype=np.uint8)

    def _turn(self) -> NDArray[np.float64]:
        top, _, _, left = self.borders
        matrix = cv2.getRotationMatrix2D((self.sheet[1] / 2, self.sheet[0] / 2), self.rotation, 1.0)
        matrix[:, 2] += (left, top)
        return np.asarray(matrix, dtype=np.float64)

    def _binding(self, width: int) -> Field:
        distance = np.arange(width, dtype=np.float32) if self.gutter < 0 else np.arange(width, dtype=np.float32)[::-1]
        shaded = 1 - self.shade * np.exp(-distance / (0.04 * width))
        return np.asarray(shaded, dtype=np.float32)


def draw_frame(layout: Layout, random: np.random.Generator) -> Frame:
    """Draw how a sheet lies on the scanner: often cropped to the sheet, else with dark, grey or white borders."""
    borders = (0, 0, 0, 0)
    if random.random() < 0.7:
        drawn = (random.uniform(0, 0.06, 4) * layout.height).astype(int)
        borders = (int(drawn[0]), int(drawn[1]), int(drawn[2]), int(drawn[3]))
    ground = random.uniform(0.02, 0.15) if random.random() < 0.6 else random.uniform(0.7, 0.97)
    return Frame(
        sheet=(layout.height, layout.width),
        borders=borders,
        rotation=round(float(np.clip(random.normal(0, 0.4), -1.2, 1.2)), 3),
        ground=round(ground, 3),
        gutter=int(random.choice([-1, 0, 1])),
        shade=round(random.uniform(0.1, 0.5), 3),
    )
