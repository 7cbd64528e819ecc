"""The pictures of the documentation, from a finished run: ``python scripts/pictures.py runs/latest [docs/images]``.

``lines.png`` (median and worst lines of unseen fonts: degraded, restored, clean), ``page.jpg`` (a part of a synthetic
page: scan and restoration) and ``alignment.png`` (a look into the discriminator). Synthetic material only.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pulih.data.pages import read_pages
from pulih.restorer.infer import Restorer

PLACES = ("median", "worst")
CUT = (0.12, 0.42)  # of a page's height
WIDTH = 1000
LARGEST = 300_000  # bytes of a picture
GAP = 12
Picture = NDArray[np.uint8]


def lines(run: Path) -> Image.Image:
    """Return the evaluation's strips of unseen fonts in two columns."""
    paths = [p for place in PLACES for p in sorted((run / "evaluation/strips").glob(f"test_unseen_*_{place}.png"))[:3]]
    strips = [np.asarray(Image.open(path).convert("L")) for path in paths]
    wide = max(strip.shape[1] for strip in strips) + GAP
    tall = max(strip.shape[0] for strip in strips) + GAP
    padded = [_on_white(strip, (tall, wide)) for strip in strips]
    columns = [np.vstack(padded[first : first + 3]) for first in (0, 3)]
    return Image.fromarray(np.hstack(columns))


def page(run: Path) -> Image.Image:
    """Return a part of the synthetic page of median damage, as scanned and as restored, side by side."""
    pages = sorted(read_pages(run / "lines"), key=lambda one: one.meta["severity"])
    sample = pages[len(pages) // 2]
    restored = Restorer.load(run / "restorer").restore_page(sample.degraded).image
    top, bottom = (int(share * sample.degraded.shape[0]) for share in CUT)
    gap = np.full((bottom - top, GAP, 3), 255, np.uint8)
    both = Image.fromarray(np.hstack([sample.degraded[top:bottom], gap, restored[top:bottom]]))
    return both.resize((WIDTH, round(both.height * WIDTH / both.width)), Image.Resampling.LANCZOS)


def _on_white(picture: Picture, shape: tuple[int, int]) -> Picture:
    sheet = np.full(shape, 255, np.uint8)
    sheet[: picture.shape[0], : picture.shape[1]] = picture
    return sheet


def main() -> int:
    """Write the pictures and print their sizes."""
    run, folder = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images")
    lines(run).save(folder / "lines.png", optimize=True)
    page(run).save(folder / "page.jpg", quality=82)
    alignment = Image.open(run / "restorer" / "alignment.png").convert("P", palette=Image.Palette.ADAPTIVE)
    alignment.save(folder / "alignment.png", optimize=True)
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    print(sizes)
    return 1 if max(sizes.values()) > LARGEST else 0


if __name__ == "__main__":
    sys.exit(main())
