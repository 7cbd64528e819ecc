"""What it costs to see small writing at less than the text scale: ``python benchmarks/text_scale.py DIR RESTORER``.

DIR holds scans with ground truth (``*_source.png``, ``*_target.png``). Every page is reduced until its small letters
are 10 and 7 pixels high and restored at several shares of the scale of the training lines. Printed is the mean PSNR of
the bilevel answers, at the grey level that suits the pages best.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pulih.common.progress import track
from pulih.evaluation.benchmark.level import wrong_by_level
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.restorer import infer, resample
from pulih.restorer.channel import ink_channel
from pulih.restorer.infer import Restorer
from pulih.restorer.scale import estimate_scale

X_HEIGHTS = (10, 7)
SHARES = (1.0, 0.8, 0.65, 0.5)


class Fixed(Restorer):
    """A restorer that sees every page at the scale it is told."""

    factor = 1.0

    def _factor(self, _shape: tuple[int, ...], _x_height: float, _largest: float) -> float:
        return self.factor


def main() -> None:
    """Read the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("restorer", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every so manieth page")
    asked = parser.parse_args()
    restorer = Fixed.load(asked.restorer)
    text_scale = infer.X_HEIGHT_SHARE * restorer.height
    found: dict[tuple[int, float], list[NDArray[np.float64]]] = {}
    for pair in track(find_pairs(asked.folder, Suffixes())[:: asked.every], "pages"):
        page, truth = read_pair(pair)
        measured = estimate_scale(ink_channel(page))
        if measured is None:
            continue
        for x_height in X_HEIGHTS:
            small = resample.resized(page, x_height / measured.x_height)
            coarse = resample.fitted(np.where(truth, 0, 255).astype(np.uint8), small.shape) < 128
            for share in SHARES:
                restorer.factor = share * text_scale / x_height
                wrong = wrong_by_level(restorer.restore_page(small).luminance, coarse)
                found.setdefault((x_height, share), []).append(-10 * np.log10(np.maximum(wrong, 1e-6)))
    print("| x-height, px | share of the text scale | best level | PSNR, dB |\n|---:|---:|---:|---:|")
    for (x_height, share), rows in found.items():
        means = np.mean(rows, axis=0)
        print(f"| {x_height} | {share:g} | {means.argmax() + 1} | {means.max():.2f} |")


if __name__ == "__main__":
    main()
