"""What the viewer shows of one scan: restored page, doubt about its strokes, lines, and how all this came to be."""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from pulih.batch import provenance
from pulih.batch.confidence import overlay
from pulih.batch.config import PageConfig
from pulih.batch.decision import decide
from pulih.batch.lines import boxes_of_rows
from pulih.batch.outputs import PAPER
from pulih.batch.paint import paint_lost
from pulih.batch.state import Key
from pulih.batch.task import FileFacts, PageFacts, Task
from pulih.batch.work import now
from pulih.data.encoding import encode_png
from pulih.data.images import DecodedImage, ImageLimits, decode_image
from pulih.recognizer.infer import LineReader
from pulih.restorer.colour import luminance
from pulih.restorer.files import encode_page
from pulih.restorer.infer import RestoredPage, Restorer
from serving import metrics
from serving.viewer.stream import Tell

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # what no browser shows
MOST_LINES = 400


@dataclass(frozen=True)
class Scan:
    """A file as it was sent, and what its sender asked for."""

    data: bytes
    name: str
    config: PageConfig


class Desk:
    """Works on scans; ``reader`` reads the lines where there is one."""

    def __init__(self, reader: LineReader | None) -> None:
        self._reader = reader

    def carry_out(self, scan: Scan, restorer: Restorer, tell: Tell) -> None:
        """Tell everything about one scan, the picture first.

        Raises:
            InputError: the bytes are no image of one page within the limits.
            ReaderGone: nobody waits for the answer any more.
        """
        started, clock = now(), time.perf_counter()
        tell("progress", stage="decoding")
        page = decode_image(scan.data, "the file", scan.config.limits)
        if scan.data.startswith(TIFF):
            tell("scan", encode_png(page.pixels), type="image/png")
        tell("progress", stage="measuring")
        paper = PAPER[scan.config.mode]
        restored = restorer.restore_page(
            page.pixels, paper, lambda done, of: tell("progress", stage="restoring", done=done, of=of)
        )
        metrics.SECONDS.observe(restored.seconds)
        metrics.PIXELS.inc(restored.luminance.size)
        tell("progress", stage="encoding")
        png = encode_page(replace(page, pixels=restored.image))
        tell("restored", png, type="image/png")
        tell("confidence", overlay(restored), type="image/png")
        facts, is_safe = _page_facts(page, restored, scan.config)
        lines = self._lines(restored, tell)
        tell("lines", lines=lines, reader=self._reader.digest if self._reader else None)
        file_facts = _file_facts(page, facts, (started, time.perf_counter() - clock))
        document = self._document(scan, restorer.digest, file_facts, png)
        tell("provenance", json.dumps(document, indent=2, ensure_ascii=False).encode(), type="application/json")
        tell("page", safe=is_safe, digest=restorer.digest, **_shown(file_facts, facts))

    def _lines(self, restored: RestoredPage, tell: Tell) -> list[dict[str, Any]]:
        """Return the lines from the top: box in pixels of the page, and, with a reader, text and its confidence."""
        if restored.x_height is None:
            return []
        # The luminance shows neither the scanner's background nor stains, which would pass for ink.
        boxes, lines = boxes_of_rows(restored.luminance, restored.x_height)[:MOST_LINES], []
        for number, box in enumerate(boxes, start=1):
            line: dict[str, Any] = {"box": [box.left, box.top, box.right, box.bottom]}
            if self._reader is not None:
                read = self._reader.read(box.cut(restored.luminance))
                line |= {"text": read.text, "confidence": round(read.confidence, 3)}
                tell("progress", stage="reading", done=number, of=len(boxes))
            lines.append(line)
        return lines

    def _document(self, scan: Scan, model: str, facts: FileFacts, png: bytes) -> dict[str, Any]:
        stem = PurePosixPath(scan.name).stem
        digest = scan.config.digest()
        key = Key(hashlib.sha256(scan.data).hexdigest(), "", model, digest)
        parameters = {"mode": scan.config.mode} | ({"recognizer": self._reader.digest} if self._reader else {})
        place = "sent to the viewer"
        task = Task(scan.name, stem, place, Path(scan.name), None, key, parameters=parameters)
        return provenance.document(task, facts, f"{stem}.restored.png", hashlib.sha256(png).hexdigest())


def scan_of(data: bytes, name: str, paper: str, limits: ImageLimits) -> Scan:
    """Return a request as a scan; of a name only its last part counts."""
    mode = "clean-paper" if paper == "white" else "keep-paper"
    return Scan(data, PurePosixPath(name.replace("\\", "/")).name[:200] or "scan", PageConfig(mode=mode, limits=limits))


def _page_facts(page: DecodedImage, restored: RestoredPage, config: PageConfig) -> tuple[PageFacts, bool]:
    """Return the figures of a page, and whether a batch would show it restored."""
    lost = paint_lost(page.pixels, restored.image)
    decision = decide(restored.trust, lost, None, config.harm)
    change = float(np.mean(cv2.absdiff(luminance(page.pixels), luminance(restored.image)))) / 255
    facts = PageFacts(
        restored=True,
        decision=f"restored on request; a batch would say: {decision.sentence}",
        criterion=decision.criterion,
        value=decision.value,
        threshold=decision.threshold,
        confidence=restored.trust.confidence,
        erased=restored.trust.erased,
        colour_lost=lost,
        change=change,
        x_height=restored.x_height,
        scale=restored.scale,
    )
    return facts, decision.restore


def _file_facts(page: DecodedImage, facts: PageFacts, times: tuple[str, float]) -> FileFacts:
    height, width = page.pixels.shape[:2]
    carried = {"resolution": page.dpi, "colour profile": page.rgb_profile, "EXIF": page.exif}
    kept = tuple(name for name, value in carried.items() if value is not None)
    note = f"{page.bits} bits per channel came in, 8 were written" if page.bits > 8 else ""
    return FileFacts(True, width, height, page.bits, 8, (facts,), kept, note, times[0], now(), times[1])


def _shown(file: FileFacts, page: PageFacts) -> dict[str, Any]:
    return {
        "width": file.width,
        "height": file.height,
        "seconds": round(file.seconds, 2),
        "scale": round(page.scale, 3),
        "x_height": page.x_height and round(page.x_height, 1),
        "confidence": page.confidence and round(page.confidence, 3),
        "erased": page.erased and round(page.erased, 3),
        "colour_lost": page.colour_lost and round(page.colour_lost, 4),
        "change": round(page.change, 4),
        "criterion": page.criterion,
        "note": file.note,
    }
