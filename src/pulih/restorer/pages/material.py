"""Pages as the network sees them in serving, with what they should become at the same scale; and patches of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pulih.common.dist import Group
from pulih.common.seed import generator
from pulih.data.lines import GreyImage
from pulih.restorer import resample
from pulih.restorer.config import PatchConfig
from pulih.restorer.feed import TrainingBatch, images_of
from pulih.restorer.infer import Restorer, RgbImage
from pulih.restorer.thin import thin_deepened
from pulih.restorer.trust import CORE, FAINTEST

PALER = 25  # so many per cent of the cores may stay paler than full ink
MOST_DEEPENED = 3.0


@dataclass(frozen=True)
class PageMaterial:
    """``seen``: what serving gives the network of a page; ``wanted``: 255 minus the ink coverage; both 8-bit (H, W)."""

    seen: GreyImage
    wanted: GreyImage


class _Echo:
    """A network that answers with what it sees."""

    def run(self, _outputs: list[str], feeds: dict[str, Any]) -> list[Any]:
        return list(feeds.values())


class _Recorder(Restorer):
    """Walks the very path of serving and keeps what the network would have seen."""

    seen: GreyImage

    def _trusted(self, restored: GreyImage, normal: GreyImage) -> GreyImage:
        self.seen = normal
        return restored


def network_view(page: RgbImage, height: int) -> GreyImage:
    """Return what the network sees of an RGB page (H, W, 3) when it is served, 8-bit grey at the normalised scale.

    Args:
        height: of the training lines in pixels.
    """
    recorder = _Recorder(_Echo(), {"height": height, "keep_unsure": 0}, "view")
    recorder.restore_page(page)
    return recorder.seen


def material_of(page: RgbImage, clean: GreyImage, height: int) -> PageMaterial:
    """Return a page (H, W, 3) with its clean version (H, W), 255 = paper, averaged over the pixels of that scale.

    Strokes thinner than a pixel of the page are grey then. A network that draws them so makes them paler than they
    are in the scan, and could not show its doubt by grey: the ink is deepened until most strokes are as dark in their
    cores as those of the lines, and the thin ones of the rest as well.
    """
    seen = network_view(page, height)
    return PageMaterial(seen, thin_deepened(deepened(resample.fitted(clean, seen.shape))))


def deepened(clean: GreyImage) -> GreyImage:
    """Return an 8-bit clean page (H, W), 255 = paper, with so much more ink that its paler cores are full ink."""
    core = (clean == cv2.erode(clean, CORE)) & (clean < FAINTEST)
    if not core.any():
        return clean
    gain = min(255 / float(np.percentile(255 - clean[core], PALER)), MOST_DEEPENED)
    return np.asarray(255 - cv2.convertScaleAbs(255 - clean, alpha=gain), np.uint8)


class Patches:
    """Batches of patches by step number alone, so that a resumed training sees the same ones."""

    def __init__(self, pages: Sequence[PageMaterial], config: PatchConfig, seed: int) -> None:
        self._pages, self._config, self._seed = pages, config, seed
        areas = np.array([page.seen.size for page in pages], dtype=np.float64)
        self._shares = areas / areas.sum()

    def batch(self, step: int, group: Group) -> TrainingBatch:
        """Return this rank's share of the patches of ``step``, (B, 1, patch, patch)."""
        random = generator(self._seed, "patches", step)
        patches = [self._patch(random) for _ in range(self._config.batch_size)]
        return images_of(group.share(patches), self._config.patch)

    def _patch(self, random: np.random.Generator) -> tuple[GreyImage, GreyImage]:
        page = self._pages[int(random.choice(len(self._pages), p=self._shares))]
        side, limit = self._config.patch, np.log(self._config.largest_zoom)
        source = round(side / float(np.exp(random.uniform(-limit, limit))))
        at = [int(random.random() * (max(0, length - source) + 1)) for length in page.seen.shape]
        window = np.s_[at[0] : at[0] + source, at[1] : at[1] + source]
        seen, wanted = (
            resample.fitted(_squared(image[window], source), (side, side)) for image in (page.seen, page.wanted)
        )
        paler = random.uniform(self._config.palest, 1)
        return np.rint(255 - (255 - seen) * paler).astype(np.uint8), wanted


def _squared(image: GreyImage, side: int) -> GreyImage:
    missing = [(0, side - length) for length in image.shape]
    return np.pad(image, missing, mode="symmetric") if any(pad for _, pad in missing) else image
