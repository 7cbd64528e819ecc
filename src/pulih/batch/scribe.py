"""What a page's lines say: each is cut out, read by the recognizer, and handed on with its confidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pulih.batch.config import Read
from pulih.batch.cutting import cut_line
from pulih.batch.segmentation import find_lines
from pulih.data.layout import Layout, LayoutLine, ReadLine
from pulih.recognizer.infer import LineReader

GreyImage = NDArray[np.uint8]
FROM_FILE = "lines of the page's XML file"


@dataclass(frozen=True)
class PageText:
    """The lines of a page with what was read in them; None for a line that keeps what it has.

    ``restored`` lines were read in the restored page, the others in the scan.
    """

    layout: Layout
    found: str
    lines: tuple[ReadLine | None, ...]
    restored: int = 0

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

    def read(
        self, scan: GreyImage, restored: GreyImage | None, layout: Layout | None, x_height: float | None
    ) -> PageText:
        """Read the lines of an 8-bit grey page (H, W); without a layout they are looked for.

        Args:
            restored: the same page, restored; each line is then read in the image that the recognizer is surer of.

        Raises:
            InputError: the segmenter fails.
        """
        shown = scan if restored is None else restored
        known, found = (layout, FROM_FILE) if layout else find_lines(shown, x_height)
        answers = [self._line(scan, restored, line, known, x_height) for line in known.lines]
        lines = tuple(read if read and read.words else None for read, _ in answers)
        taken = sum(better for line, (_, better) in zip(lines, answers, strict=True) if line is not None)
        return PageText(known, found, lines, taken)

    def _line(
        self, scan: GreyImage, restored: GreyImage | None, line: LayoutLine, layout: Layout, x_height: float | None
    ) -> tuple[ReadLine | None, bool]:
        if line.text.strip() and self._which == "missing":
            return None, False
        crop = cut_line(scan, line, layout, x_height)
        if crop is None:
            return None, False
        better = None if restored is None else cut_line(restored, line, layout, x_height)
        return (self._reader.read(crop), False) if better is None else self._reader.read_surer(crop, better)
