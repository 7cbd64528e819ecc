"""How well a generator restores whole lines, and strips to look at."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pulih.common.dist import Group
from pulih.common.files import write_bytes
from pulih.data.batches import stack
from pulih.data.lines import GreyImage, LineSample

# Below this share of the ink that should be there, the generator has found that white paper costs little.
COLLAPSE = 0.1
GAP = 4
FIGURES = ("psnr", "ssim", "psnr_light", "ssim_light", "psnr_input", "ssim_input", "ink", "ink_wanted")


class Restoring(Protocol):
    """A network that restores; ours and those it is compared with."""

    def restore(self, degraded_BCHW: torch.Tensor, /) -> torch.Tensor:
        """Return restored images (B, 1, H, W) in [0, 1]."""
        ...

    def eval(self) -> Any:
        """Stop learning."""
        ...


def restored_line(generator: Restoring, degraded: GreyImage, device: torch.device) -> GreyImage:
    """Restore one 8-bit grey line (H, w), H a multiple of 32."""
    with torch.no_grad():
        restored = generator.restore(stack([degraded]).to(device))
    grey: GreyImage = (restored[0, 0, :, : degraded.shape[1]].cpu().numpy() * 255).round().astype(np.uint8)
    return grey


def likeness(image: GreyImage, clean: GreyImage) -> tuple[float, float]:
    """Return PSNR in dB and SSIM (scikit-image, 7 x 7 window) of an 8-bit grey line against its clean line."""
    found, wanted = image / 255, clean / 255
    # A perfect line has no finite PSNR; half a grey level of error is the most that rounding can hide.
    if np.array_equal(image, clean):
        return 20 * np.log10(2 * 255), 1.0
    psnr = peak_signal_noise_ratio(wanted, found, data_range=1.0)
    return float(psnr), float(structural_similarity(wanted, found, data_range=1.0))


def validate(generator: Restoring, samples: Sequence[LineSample], group: Group) -> dict[str, float]:
    """Return mean PSNR and SSIM over the lines, shared out among the ranks.

    ``*_light`` are over lines of severity up to 0.5, ``*_input`` without restoration; ``ink`` is the restored ink as a
    share of the ink of the clean lines.
    """
    generator.eval()
    sums = dict.fromkeys(FIGURES, 0.0) | {"lines": 0.0, "light": 0.0}
    for sample in group.share(samples):
        restored = restored_line(generator, sample.degraded, group.device)
        psnr, ssim = likeness(restored, sample.clean)
        before = likeness(sample.degraded, sample.clean)
        light = float(sample.meta["severity"] <= 0.5)
        found = (psnr, ssim, light * psnr, light * ssim, *before, _ink(restored), _ink(sample.clean), 1.0, light)
        sums = {name: value + add for (name, value), add in zip(sums.items(), found, strict=True)}
    mean = group.mean(sums)
    light_lines = max(mean["light"], 1e-9)
    plain = {name: mean[name] / mean["lines"] for name in ("psnr", "ssim", "psnr_input", "ssim_input")}
    lights = {name: mean[name] / light_lines for name in ("psnr_light", "ssim_light")}
    return plain | (lights if mean["light"] else {}) | {"ink": mean["ink"] / max(mean["ink_wanted"], 1e-9)}


def _ink(image: GreyImage) -> float:
    return float((1 - image / 255).sum())


def is_white_page(scores: dict[str, float]) -> bool:
    """Whether the generator paints white paper instead of restoring the ink."""
    return scores["ink"] < COLLAPSE


def write_strips(generator: Restoring, samples: Sequence[LineSample], target: Path, device: torch.device) -> None:
    """Write a PNG with one line per row: degraded | restored | clean."""
    generator.eval()
    rows = [(s.degraded, restored_line(generator, s.degraded, device), s.clean) for s in samples]
    height, width = rows[0][0].shape[0], max(row[0].shape[1] for row in rows)
    sheet = np.full((len(rows) * (height + GAP) - GAP, 3 * (width + GAP) - GAP), 200, dtype=np.uint8)
    for number, row in enumerate(rows):
        for place, image in enumerate(row):
            top, left = number * (height + GAP), place * (width + GAP)
            sheet[top : top + height, left : left + image.shape[1]] = image
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, format="PNG")
    write_bytes(target, buffer.getvalue())
