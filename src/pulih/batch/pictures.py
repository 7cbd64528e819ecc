"""Small pictures of pages for the report."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from pulih.batch.confidence import SUFFIX
from pulih.batch.intake import Intake
from pulih.batch.sources import Source
from pulih.batch.state import Record
from pulih.common.errors import PulihError
from pulih.common.html import data_uri
from pulih.common.logging import get_logger
from pulih.data.encoding import encode_jpeg
from pulih.data.images import DecodedImage, ImageLimits, RgbImage, read_pages

log = get_logger(__name__)
HEIGHT, WIDTH = 1100, 1400  # of a picture in pixels, at most
QUALITY = 80


class Pictures:
    """Pictures of sources and their answers; where one cannot be made, the report says so instead of failing."""

    def __init__(self, intake: Intake, output: Path, limits: ImageLimits) -> None:
        self._intake, self._output, self._limits = intake, output, limits

    def of(self, source: Source, record: Record) -> tuple[str, ...]:
        """Return the first page of a file as addresses: scan, answer, and the map of confidence where there is one.

        The scan alone where it was passed on; nothing where one of them cannot be read.
        """
        try:
            path = self._intake.fetched(source.place, source.tag)
            before = _small(next(read_pages(path, self._limits)).pixels)
            self._intake.release(path)
            if record.status == "passed":
                return (_address(before),)
            after = _small(next(read_pages(self._output / record.outputs[0], self._limits)).pixels)
            unsure = self._map(record, before.shape)
        except (PulihError, OSError) as err:
            log.warning("no picture of %s: %s", source.name, err)
            return ()
        if before.shape != after.shape:
            after = np.asarray(cv2.resize(after, before.shape[1::-1]), np.uint8)
        return _address(before), _address(after), *unsure

    def _map(self, record: Record, shape: tuple[int, ...]) -> tuple[str, ...]:
        """Return the map of the first page at the pictures' size, or nothing."""
        names = [name for name in record.outputs if name.endswith(SUFFIX)]
        if not names or not record.facts["pages"][0]["restored"]:
            return ()
        with Image.open(self._output / names[0]) as picture:
            buffer = io.BytesIO()
            picture.resize((shape[1], shape[0]), Image.Resampling.BOX).save(buffer, "PNG", optimize=True)
        return (data_uri(buffer.getvalue(), "image/png"),)


def _small(image: RgbImage) -> RgbImage:
    factor = min(1.0, HEIGHT / image.shape[0], WIDTH / image.shape[1])
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _address(image: RgbImage) -> str:
    return data_uri(encode_jpeg(DecodedImage(image), QUALITY), "image/jpeg")
