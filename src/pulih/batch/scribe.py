"""What a page's lines say: each is cut out, read by the recognizer, and handed on with its confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pulih.batch.config import Read
from pulih.batch.cutting import cut_line
from pulih.batch.reading import LineReader
from pulih.batch.segmentation import find_lines
from pulih.data.layout import Layout, ReadLine

GreyImage = NDArray[np.uint8]
FROM_FILE = "lines of the page's XML file"


@dataclass(frozen=True)
class PageText:
    """The lines of a page with what was read in them; None for a line that keeps what it has."""

    layout: Layout
    found: str
    lines: tuple[ReadLine | None, ...]

    @property
    def confidence(self) -> float | None:
        """The mean confidence of the lines that were read."""
        read = [line.confidence for line in self.lines if line is not None]
        return float(np.mean(read)) if read else None


class Scribe:
    """Reads pages with a recognizer; ``model`` is its digest."""

    def __init__(self, reader: LineReader, which: Read) -> None:
        self._reader, self._which = reader, which
        self.model = reader.digest

    def read(self, page: GreyImage, layout: Layout | None, x_height: float | None) -> PageText:
        """Read the lines of an 8-bit grey page (H, W); without a layout they are looked for.

        Raises:
            InputError: the segmenter fails.
        """
        known, found = (layout, FROM_FILE) if layout else find_lines(page, x_height)
        return PageText(known, found, tuple(self._lines(page, known, x_height)))

    def _lines(self, page: GreyImage, layout: Layout, x_height: float | None) -> Sequence[ReadLine | None]:
        answer: list[ReadLine | None] = []
        for line in layout.lines:
            kept = bool(line.text.strip()) and self._which == "missing"
            crop = None if kept else cut_line(page, line, layout, x_height)
            read = None if crop is None else self._reader.read(crop)
            answer.append(read if read and read.words else None)
        return answer
