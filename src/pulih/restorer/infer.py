"""Restoration with the exported network: lines, and whole pages at a normalised text scale. Works without torch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.common.logging import get_logger
from pulih.data import manifest
from pulih.restorer import colour, confidence, resample, scale, tiles, tone
from pulih.restorer.channel import ink_channel
from pulih.restorer.thin import thin_deepened
from pulih.restorer.trust import Trust, measure

log = get_logger(__name__)
KIND = "restorer"
MODEL, CONFIG = "model.onnx", "config.json"
INPUT, OUTPUT = "degraded", "restored"
GreyImage = NDArray[np.uint8]
RgbImage = NDArray[np.uint8]
X_HEIGHT_SHARE = 0.25  # x-height of a training line as a share of its height, by ``scale.measure``
LINES_PER_PAGE = 40  # assumed where a page shows no text to measure
LINE_BATCH = 16
LARGEST, SMALLEST = 3.0, 0.05  # a page is enlarged, and reduced, at most so much
MOST_PIXELS = 60_000_000  # of a page at the normalised scale
# Larger pages are seen at less than that scale, down to half of it: it costs them little (docs/method.md, section 8).
ENOUGH_PIXELS = 5_000_000
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class RestoredPage:
    """A restored page of the size it came in.

    ``image`` (H, W, 3) RGB and ``luminance`` (H, W), both 8-bit; ``x_height`` in pixels, None when no text was found;
    ``scale`` is the factor by which the page was brought to the scale of the training lines; ``trust`` says how far
    the answer may be trusted. ``answer`` is the network's 8-bit answer at that scale, its thin strokes deepened, before
    anything was kept; None where another process ran it.
    """

    image: RgbImage
    luminance: GreyImage
    x_height: float | None
    scale: float
    seconds: float
    trust: Trust
    answer: GreyImage | None = None


class Restorer:
    """The exported network with what it needs to run; make one with ``load``.

    ``height`` is that of the training lines in pixels; ``digest`` identifies the artifact; ``keep_unsure`` says how
    much of the input is kept where the network is undecided (``confidence.keep_where_unsure``).
    """

    def __init__(self, session: Any, config: dict[str, Any], digest: str) -> None:
        # Restorers made before there was such a setting kept nothing.
        self.height, self.keep_unsure = int(config["height"]), float(config.get("keep_unsure", 0))
        self.digest = digest
        self._session = session

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        """Load a verified restorer artifact.

        Args:
            threads: of the inference; 0 = one per core.

        Raises:
            ArtifactError: the artifact is missing, altered, or not a restorer that this version can run.
        """
        return cls.unsealed(folder, threads, manifest.verify(folder, KIND).digest())

    @classmethod
    def unsealed(cls, folder: Path, threads: int, digest: str = "") -> Self:
        """Load the files of a restorer that no manifest vouches for, as ``load`` does; raises ArtifactError."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        path = folder / MODEL
        try:
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as err:
            raise ArtifactError(f"an ONNX model at {path}", str(err)[:300], "Train the restorer again.") from err
        names = [value.name for value in (*session.get_inputs(), *session.get_outputs())]
        if names != [INPUT, OUTPUT]:
            raise ArtifactError(f"the tensors {INPUT} and {OUTPUT} in {path}", str(names), "Export the model again.")
        return cls(session, read_json(folder / CONFIG), digest)

    def run(self, degraded: tiles.Plane) -> tiles.Plane:
        """Run the network on float32 (B, 1, H, W) in [0, 1], 1 = paper, H and W multiples of 32."""
        return np.asarray(self._session.run([OUTPUT], {INPUT: degraded})[0], np.float32)

    def restore_line(self, line: GreyImage) -> GreyImage:
        """Restore one 8-bit grey line (H, W); the answer has its size."""
        return self.restore_lines([line])[0]

    def restore_lines(self, lines: Sequence[GreyImage]) -> list[GreyImage]:
        """Restore 8-bit grey lines (H, W), each brought to the height of the training lines and back."""
        answers: list[GreyImage] = [np.empty(0, np.uint8)] * len(lines)
        scaled = [resample.resized(line, self.height / line.shape[0]) for line in lines]
        # Only lines of one padded width share a batch, so that no line's answer depends on its neighbours.
        order = sorted(range(len(lines)), key=lambda index: tiles.padded(scaled[index].shape[1]))
        while order:
            width = tiles.padded(scaled[order[0]].shape[1])
            batch = [index for index in order[:LINE_BATCH] if tiles.padded(scaled[index].shape[1]) == width]
            order = order[len(batch) :]
            for index, restored in zip(batch, self.run(_stacked([scaled[i] for i in batch], width)), strict=True):
                height, wide = scaled[index].shape
                answer = self._trusted(tiles.to_bytes(restored[0, :height, :wide]), scaled[index])
                answers[index] = resample.fitted(answer, lines[index].shape)
        return answers

    def restore_page(
        self, page: RgbImage, paper: colour.Paper = "keep", progress: tiles.Progress | None = None
    ) -> RestoredPage:
        """Restore an 8-bit RGB page (H, W, 3) of any size; the answer has its size and colours.

        Args:
            paper: ``keep`` shows the page's own paper, ``white`` writes on white.
            progress: is told how many tiles are done, of how many.
        """
        started = time.perf_counter()
        grey = ink_channel(page)
        found = scale.estimate_scale(grey)
        if found is None:
            log.info("no text to measure on this page: lines of 1/%d of its height are assumed", LINES_PER_PAGE)
        x_height = found.x_height if found else X_HEIGHT_SHARE * page.shape[0] / LINES_PER_PAGE
        factor = self._factor(page.shape, x_height, LARGEST if found else 1.0)
        surface = colour.find_surface(page, x_height)
        view = colour.network_view(grey, surface)
        view = tone.strengthened(view, surface, tone.ink_contrast(view, surface) if found else None)
        normal = resample.resized(view, factor)
        answer = thin_deepened(tiles.run_tiled(normal, self.run, progress=progress))
        restored = self._trusted(answer, normal)
        measured = measure(answer, restored, normal, self.height)
        ink = colour.ink_tone(resample.resized(page, factor), restored, surface)
        restored = resample.back_to_full_size(restored, normal, view)
        image = colour.compose(page, restored, surface, ink, paper)
        x_height_found = found.x_height if found else None
        seconds = time.perf_counter() - started
        return RestoredPage(image, restored, x_height_found, factor, seconds, measured, answer)

    def _trusted(self, restored: GreyImage, normal: GreyImage) -> GreyImage:
        return confidence.keep_where_unsure(restored, normal, self.height, self.keep_unsure)

    def _factor(self, shape: tuple[int, ...], x_height: float, largest: float) -> float:
        wanted = X_HEIGHT_SHARE * self.height / x_height
        enough, fitting = ((pixels / (shape[0] * shape[1])) ** 0.5 for pixels in (ENOUGH_PIXELS, MOST_PIXELS))
        affordable = min(wanted, max(enough, LEAST_SHARE * wanted))
        return float(np.clip(affordable, SMALLEST, min(largest, fitting)))


def _stacked(lines: Sequence[GreyImage], width: int) -> tiles.Plane:
    height = tiles.padded(lines[0].shape[0])
    batch = np.ones((len(lines), 1, height, width), np.float32)
    for row, line in enumerate(lines):
        batch[row, 0, : line.shape[0], : line.shape[1]] = line.astype(np.float32) / 255
    return batch
