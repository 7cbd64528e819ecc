"""A written page: lines of one hand on one sheet, with margins, paragraphs and a folio number."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pulih.data.lines import GreyImage
from pulih.synthesis.faces import Face
from pulih.synthesis.render import Hand, RenderedLine, draw_hand, render_line
from pulih.synthesis.text import TextSource

# A line's picture is higher than the pitch: long strokes reach between those of the next lines.
LINE_HEIGHT = 1.3
HEIGHTS = (1100, 1500)


@dataclass(frozen=True)
class Layout:
    """Where the text of a page stands, in pixels; ``pitch`` from baseline to baseline."""

    height: int
    width: int
    pitch: float
    left: int
    right: int
    top: int
    bottom: int

    @property
    def line_height(self) -> int:
        """The height of one line's picture."""
        return round(self.pitch * LINE_HEIGHT)


@dataclass(frozen=True)
class WrittenPage:
    """A clean page (H, W) uint8 with its lines: text and box (x, y, width, height)."""

    clean: GreyImage
    lines: list[dict[str, Any]]
    hand: Hand


def draw_layout(random: np.random.Generator) -> Layout:
    """Draw the format and margins of a page as archives scan them: 1100 to 1500 pixels high."""
    height = int(random.integers(HEIGHTS[0], HEIGHTS[1] + 1))
    width = round(height * random.uniform(0.62, 0.82))
    # Most pages are full; a letter may end early.
    bottom = random.uniform(0.04, 0.12) if random.random() < 0.75 else random.uniform(0.2, 0.55)
    return Layout(
        height=height,
        width=width,
        pitch=height / random.uniform(19, 34),
        left=round(width * random.uniform(0.06, 0.22)),
        right=round(width * random.uniform(0.03, 0.09)),
        top=round(height * random.uniform(0.05, 0.13)),
        bottom=round(height * bottom),
    )


def write_page_text(
    layout: Layout, face: Face, text: TextSource, random: np.random.Generator, folio: bool = True
) -> WrittenPage:
    """Write lines of ``text`` from the top to the bottom margin in one hand."""
    hand = draw_hand(face, layout.line_height, random)
    clean = np.full((layout.height, layout.width), 255, np.uint8)
    lines: list[dict[str, Any]] = []
    if folio:
        room = layout.line_height * 4
        number = render_line(hand, iter([str(int(random.integers(1, 900)))]), (layout.line_height, room), random)
        _put(clean, lines, number, layout.width - layout.right - number.clean.shape[1], int(layout.pitch * 0.3))
    y = float(layout.top)
    while y + layout.line_height < layout.height - layout.bottom:
        x, room = _indented(layout, random)
        # A new sheet of writing for each line, the same hand: the pen is dipped and the wrist tires.
        line_hand = replace(hand, weight=float(np.clip(hand.weight + random.normal(0, 0.08), 0, 1)))
        line = render_line(line_hand, text.tokens(random), (layout.line_height, room), random)
        _put(clean, lines, line, x, round(y + random.normal(0, 0.02 * layout.pitch)))
        y += layout.pitch * (1.6 if random.random() < 0.05 else 1.0)
    return WrittenPage(clean, lines, hand)


def _indented(layout: Layout, random: np.random.Generator) -> tuple[int, int]:
    """Return where a line begins and how much room it has; some are indented, some end early."""
    room = layout.width - layout.left - layout.right
    indent = room * random.uniform(0.05, 0.15) if random.random() < 0.06 else abs(random.normal(0, 0.006)) * room
    ended = random.uniform(0.3, 0.9) if random.random() < 0.06 else 1.0
    return layout.left + round(indent), max(layout.line_height * 2, round((room - indent) * ended))


def _put(clean: GreyImage, lines: list[dict[str, Any]], line: RenderedLine, x: int, y: int) -> None:
    x, y = max(0, x), max(0, y)
    window = clean[y : y + line.clean.shape[0], x : x + line.clean.shape[1]]
    np.minimum(window, line.clean[: window.shape[0], : window.shape[1]], out=window)
    lines.append({"text": line.text, "box": [x, y, window.shape[1], window.shape[0]]})
