"""The pages of one file, judged one at a time, and read where that is asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime

from pulih.batch import outputs
from pulih.batch.config import PageConfig
from pulih.batch.judging import Judge
from pulih.batch.scribe import PageText, Scribe
from pulih.batch.task import FileFacts, PageFacts, TextFacts
from pulih.batch.xmlfiles import XmlFile
from pulih.common.logging import get_logger
from pulih.data.images import DecodedImage, decode_pages
from pulih.restorer.colour import GreyImage, luminance

log = get_logger(__name__)


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Pages:
    """What becomes of a file's pages; ``facts`` and ``confidence`` grow as they are taken, ``text`` is of the first."""

    def __init__(self, name: str, config: PageConfig, judge: Judge, xml: XmlFile | None, scribe: Scribe | None) -> None:
        self._name, self._config, self._judge, self._scribe = name, config, judge, scribe
        self._layout = xml.layout if xml else None
        self.facts: list[PageFacts] = []
        self.confidence: list[bytes | None] = []
        self.text: PageText | None = None
        self._first: DecodedImage | None = None

    def shown(self, data: bytes) -> Iterator[DecodedImage]:
        """Yield what is to be shown of each page of a file's bytes; raises InputError for bytes that are no image."""
        for page in decode_pages(data, self._name, self._config.limits):
            judged = self._judge.page(page, self._layout)
            image, facts = judged.shown, judged.facts
            self.facts.append(facts)
            self.confidence.append(judged.confidence)
            if self._first is None:
                self._first = page
                self._warn_of_other_size(page)
                self._read(page, image if facts.restored else None, facts.x_height)
            yield image

    def _read(self, scan: DecodedImage, restored: DecodedImage | None, x_height: float | None) -> None:
        if self._scribe is not None:
            answer = None if restored is None else _grey(restored)
            self.text = self._scribe.read(_grey(scan), answer, self._layout, x_height)

    def _warn_of_other_size(self, page: DecodedImage) -> None:
        height, width = page.pixels.shape[:2]
        if self._layout and (self._layout.width, self._layout.height) != (width, height):
            size = f"{self._layout.width:g} x {self._layout.height:g}"
            log.warning("%s: its XML file is for %s, the image has %d x %d pixels", self._name, size, width, height)

    def file_facts(self, suffix: str, started: str, seconds: float) -> FileFacts:
        """Return the figures of the file once all its pages were taken."""
        assert self._first is not None, "a file has a page, or decoding raised"
        restored = any(page.restored for page in self.facts)
        height, width = self._first.pixels.shape[:2]
        bits = self._first.bits
        written = (1 if self._config.mode == "binary" else 8) if restored else bits
        kept = outputs.kept_of(self._first, suffix, self._config) if restored else ("every byte",)
        note = f"{bits} bits per channel came in, {written} were written" if bits > written else ""
        pages, text = tuple(self.facts), self._text_facts()
        return FileFacts(restored, width, height, bits, written, pages, kept, note, started, now(), seconds, text)

    def _text_facts(self) -> TextFacts | None:
        if self.text is None or self._scribe is None:
            return None
        read = sum(line is not None for line in self.text.lines)
        text = self.text
        return TextFacts(len(text.lines), read, text.confidence, text.found, self._scribe.model, text.restored)


def _grey(image: DecodedImage) -> GreyImage:
    return image.pixels if image.pixels.ndim == 2 else luminance(image.pixels)
