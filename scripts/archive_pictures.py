"""The pictures of docs/archives.md: ``python scripts/archive_pictures.py LINES RECOGNIZER [docs/images]``.

LINES is a lines artifact with synthetic pages, RECOGNIZER an artifact that reads them; the restorer is the one that
comes with Pulih. Every picture is cut from answers of ``pulih batch`` itself. Synthetic material only.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pulih.batch.batch import Artifacts, run_batch
from pulih.batch.config import BatchConfig
from pulih.batch.xmlfiles import read_xml
from pulih.data.encoding import encode_png
from pulih.data.pages import read_pages
from pulih.released.artifact import released_restorer

WIDTH, TALL = 1000, 420
GAP, HEAD = 10, 34
LEATHER = (128, 44, 34)
Picture = NDArray[np.uint8]


class Sample:
    """A synthetic page of light damage, and what a batch makes of it."""

    def __init__(self, lines: Path, recognizer: Path, folder: Path) -> None:
        pages = sorted(read_pages(lines), key=lambda page: page.meta["severity"])
        self.page, self._recognizer, self._folder = pages[len(pages) // 3].degraded, recognizer, folder

    def restored(self, name: str, page: Picture, **settings: Any) -> Path:
        """Restore a page and return its answer."""
        place = self._folder / name
        place.mkdir()
        (place / "page.png").write_bytes(encode_png(page, (300.0, 300.0)))
        reads = settings.get("read", "no") != "no"
        values = {"workers": 1, "page": {"harm": {"min_gain": -1.0}} | settings}
        artifacts = Artifacts(released_restorer(), self._recognizer if reads else None)
        run_batch(BatchConfig.model_validate(values), str(place / "page.png"), place / "out", artifacts)
        return place / "out" / "page.png"


def modes(sample: Sample) -> Image.Image:
    """Return the scan and its three modes."""
    answers = [
        np.asarray(Image.open(sample.restored(mode, sample.page, mode=mode)).convert("RGB"))
        for mode in ("keep-paper", "clean-paper", "binary")
    ]
    titles = ("scan", "--mode keep-paper", "--mode clean-paper", "--mode binary")
    return side_by_side([part(picture) for picture in (sample.page, *answers)], titles)


def edges(sample: Sample) -> Image.Image:
    """Return a page beside the edge of its book, before and after: the edge shows as scanned."""
    page = sample.page.copy()
    page[:, : page.shape[1] // 14] = LEATHER
    answer = np.asarray(Image.open(sample.restored("edge", page)).convert("RGB"))
    return side_by_side(
        [part(page), part(answer)], ("scan with the edge of the book", "restored: the edge is as it was")
    )


def text(sample: Sample) -> Image.Image:
    """Return a restored page with the lines that were found in it and what was read in them."""
    answer = sample.restored("text", sample.page, read="missing")
    layout = read_xml(answer.with_suffix(".xml")).layout
    shown = Image.open(answer).convert("RGB")
    draw, font = ImageDraw.Draw(shown), ImageFont.load_default(size=max(14, shown.height // 75))
    for line in layout.lines:
        draw.polygon([(x, y) for x, y in line.polygon], outline=(30, 90, 200))
        draw.text(line.polygon[0], line.text, fill=(190, 20, 40), font=font)
    return Image.fromarray(part(np.asarray(shown), 0.75))


def report(sample: Sample) -> Image.Image:
    """Return a page at full size, before and after, as the report shows it."""
    answer = np.asarray(Image.open(sample.restored("whole", sample.page)).convert("RGB"))
    half = sample.page.shape[1] // 2
    both = np.hstack([sample.page[:, :half], np.full((len(answer), 4, 3), (200, 30, 40), np.uint8), answer[:, half:]])
    return Image.fromarray(part(both, 0.6))


def part(picture: Picture, share: float = 0.32) -> Picture:
    """Return the upper part of a page."""
    return picture[: int(share * picture.shape[0])]


def side_by_side(pictures: Sequence[Picture], titles: Sequence[str]) -> Image.Image:
    """Return pictures with titles, two in a row."""
    wide = (WIDTH - GAP) // 2
    scaled = [
        Image.fromarray(one).resize((wide, round(one.shape[0] * wide / one.shape[1])), Image.Resampling.LANCZOS)
        for one in pictures
    ]
    tall = min(TALL, scaled[0].height)
    rows = -(-len(scaled) // 2)
    sheet = Image.new("RGB", (WIDTH, rows * (tall + HEAD)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=20)
    for number, (picture, title) in enumerate(zip(scaled, titles, strict=True)):
        left, top = (number % 2) * (wide + GAP), (number // 2) * (tall + HEAD)
        draw.text((left + 4, top + 4), title, fill="black", font=font)
        sheet.paste(picture.crop((0, 0, wide, tall)), (left, top + HEAD))
    return sheet


def main() -> int:
    """Write the pictures and print their sizes."""
    lines, recognizer = Path(sys.argv[1]), Path(sys.argv[2])
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else "docs/images")
    with tempfile.TemporaryDirectory(prefix="pulih-pictures-") as name:
        sample = Sample(lines, recognizer, Path(name))
        for make in (report, modes, edges, text):
            picture = make(sample)
            if picture.width > WIDTH:
                size = WIDTH, round(picture.height * WIDTH / picture.width)
                picture = picture.resize(size, Image.Resampling.LANCZOS)
            path = folder / f"archive-{make.__name__}.jpg"
            picture.save(path, quality=80)
            print(path, path.stat().st_size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
