"""One page: restored, measured, and shown restored only where that does no harm."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pulih.batch.confidence import overlay
from pulih.batch.config import PageConfig
from pulih.batch.decision import Readings, decide
from pulih.batch.lines import boxes_of_layout, boxes_of_rows
from pulih.batch.outputs import PAPER
from pulih.batch.paint import paint_lost, with_surroundings
from pulih.batch.reading import compare
from pulih.batch.task import PageFacts
from pulih.data.images import DecodedImage
from pulih.data.layout import Layout
from pulih.recognizer.infer import LineReader
from pulih.restorer.colour import GreyImage, luminance
from pulih.restorer.contract import INK_BELOW
from pulih.restorer.infer import RestoredPage, Restorer


@dataclass(frozen=True)
class Judged:
    """What is to be shown of a page, its figures, and, where asked for, a PNG of where the network was unsure."""

    shown: DecodedImage
    facts: PageFacts
    confidence: bytes | None = None


class Judge:
    """Restores pages with one restorer and, where one is given, a recognizer that judges."""

    def __init__(self, restorer: Restorer, reader: LineReader | None, config: PageConfig) -> None:
        self._restorer, self._reader, self._config = restorer, reader, config

    def page(self, page: DecodedImage, layout: Layout | None) -> Judged:
        """Return what is to be shown of a page, which is the page itself where restoration may harm."""
        restored = self._restorer.restore_page(page.pixels, PAPER[self._config.mode])
        if self._config.mode == "keep-paper":
            restored = replace(restored, image=with_surroundings(page.pixels, restored.image))
        before, after = luminance(page.pixels), luminance(restored.image)
        readings = self._readings(before, after, restored, layout)
        # Black on white was asked for without colour.
        lost = None if self._config.mode == "binary" else paint_lost(page.pixels, restored.image)
        decision = decide(restored.trust, lost, readings, self._config.harm)
        facts = PageFacts(
            restored=decision.restore,
            decision=decision.sentence,
            criterion=decision.criterion,
            value=decision.value,
            threshold=decision.threshold,
            confidence=restored.trust.confidence,
            erased=restored.trust.erased,
            colour_lost=lost,
            change=float(np.mean(cv2.absdiff(before, after))) / 255,
            x_height=restored.x_height,
            scale=restored.scale,
            reading_before=readings.before if readings else None,
            reading_after=readings.after if readings else None,
            lines=readings.lines if readings else 0,
        )
        if not decision.restore:
            return Judged(page, facts)
        # A binary page is cut from the luminance; its colours would only be thrown away.
        pixels = in_two_levels(restored.luminance) if self._config.mode == "binary" else restored.image
        unsure = overlay(restored) if self._config.confidence else None
        return Judged(replace(page, pixels=pixels), facts, unsure)

    def _readings(
        self, before: GreyImage, after: GreyImage, restored: RestoredPage, layout: Layout | None
    ) -> Readings | None:
        if self._reader is None:
            return None
        boxes = boxes_of_layout(layout, before.shape) if layout else []
        if not boxes and restored.x_height:
            boxes = boxes_of_rows(before, restored.x_height)
        return compare(self._reader, before, after, boxes, self._config.harm.lines)


def in_two_levels(restored: GreyImage) -> GreyImage:
    """Return 0 where restored luminance (H, W) is ink and 255 where it is paper.

    At the middle of the scale, strokes would be thinner than people draw them in ground truths (docs/benchmarks.md).
    """
    return np.where(restored < INK_BELOW, 0, 255).astype(np.uint8)
