"""Pages as the network sees them in serving, with their ground truth at the same scale; and patches of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pulih.common.config import digest_of
from pulih.common.progress import track
from pulih.common.seed import generator
from pulih.common.version import source_digest
from pulih.data.batches import stack
from pulih.data.lines import GreyImage
from pulih.data.manifest import file_sha256
from pulih.evaluation.benchmark.pairs import Pair, read_pair
from pulih.evaluation.finetune.config import FinetuneConfig
from pulih.restorer import resample
from pulih.restorer.infer import Restorer, RgbImage
from pulih.restorer.inference_code import inference_digest
from pulih.synthesis.config import DegradationRates
from pulih.synthesis.degrade import age
from pulih.synthesis.sheet import Palette, compose, new_sheet

SOURCES = ("evaluation/finetune/material.py", "evaluation/finetune/trainer.py", "synthesis")
TRIES = 8  # patches drawn until one has ink
UNIT_HEIGHT = 64  # of the lines in whose pixels the synthesis counts
# What may befall a sheet that was already written on and scanned; its ink and the camera's faults are in the scan.
AGES = DegradationRates(
    paper_texture=0, laid_lines=0, ink_fading=0, iron_gall_halo=0, holes=0,
    bleed_through=0.8, show_through=0.8, stains=0.6,
)  # fmt: skip


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


def prepare(pairs: Sequence[Pair], height: int) -> dict[str, PageMaterial]:
    """Return the pages by name; the ground truth is averaged over the pixels of the normalised scale."""
    pages = {}
    for pair in track(pairs, "pages to learn from", total=len(pairs)):
        page, truth = read_pair(pair)
        seen = network_view(page, height)
        wanted = resample.fitted(np.where(truth, 0, 255).astype(np.uint8), seen.shape)
        pages[pair.name] = PageMaterial(seen, wanted)
    return pages


def digest_of_pairs(pairs: Sequence[Pair]) -> str:
    """Return what identifies prepared pages: their files, and the code between them and the network."""
    files = {pair.name: [file_sha256(pair.source), file_sha256(pair.target)] for pair in pairs}
    return digest_of([files, inference_digest(), source_digest(*SOURCES)])


class Patches:
    """Batches of patches by step number alone, so that a resumed training sees the same ones."""

    def __init__(self, pages: Sequence[PageMaterial], config: FinetuneConfig, height: int) -> None:
        self._pages, self._config, self._unit = pages, config, height / UNIT_HEIGHT
        areas = np.array([page.seen.size for page in pages], dtype=np.float64)
        self._shares = areas / areas.sum()

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return what is seen and what is wanted, float32 (B, 1, patch, patch) in [0, 1], 1 = paper."""
        random = generator(self._config.seed, "patches", step)
        patches = [self._patch(random) for _ in range(self._config.batch_size)]
        side = self._config.patch
        seen_BCHW, wanted_BCHW = (stack([patch[place] for patch in patches], side) for place in (0, 1))
        paler = torch.from_numpy(random.uniform(self._config.palest, 1, len(patches)).astype(np.float32))
        paler_BCHW = 1 - (1 - seen_BCHW) * paler[:, None, None, None]
        return paler_BCHW * self._light_left(random, wanted_BCHW), wanted_BCHW

    def _light_left(self, random: np.random.Generator, wanted_BCHW: Tensor) -> Tensor:
        """Return the share of light that further ages of the sheets leave, (B, 1, H, W) in [0, 1]."""
        backs = np.rint(255 * wanted_BCHW.numpy()[:, 0, :, ::-1]).astype(np.uint8)
        light = np.ones(backs.shape, np.float32)
        for place in np.flatnonzero(random.random(len(light)) < self._config.aged):
            # Another patch stands on the other side.
            sheet = new_sheet(np.full_like(backs[0], 255), backs[place - 1], self._unit)
            age(sheet, random.random(), AGES, random)
            light[place] = compose(sheet, Palette(paper=(1.0,)))
        return torch.from_numpy(light)[:, None]

    def _patch(self, random: np.random.Generator) -> tuple[GreyImage, GreyImage]:
        for _ in range(TRIES):
            page = self._pages[int(random.choice(len(self._pages), p=self._shares))]
            cut = self._cut(page, random)
            if (255 - cut[1]).mean() / 255 >= self._config.least_ink:
                break
        return cut

    def _cut(self, page: PageMaterial, random: np.random.Generator) -> tuple[GreyImage, GreyImage]:
        side, limit = self._config.patch, np.log(self._config.largest_zoom)
        source = round(side / float(np.exp(random.uniform(-limit, limit))))
        at = [int(random.random() * (max(0, length - source) + 1)) for length in page.seen.shape]
        window = np.s_[at[0] : at[0] + source, at[1] : at[1] + source]
        seen, wanted = (_squared(image[window], source) for image in (page.seen, page.wanted))
        return resample.fitted(seen, (side, side)), resample.fitted(wanted, (side, side))


def _squared(image: GreyImage, side: int) -> GreyImage:
    missing = [(0, side - length) for length in image.shape]
    return np.pad(image, missing, mode="symmetric") if any(pad for _, pad in missing) else image
