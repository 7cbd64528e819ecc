"""One shard of lines: the unit of work. Its bytes depend on the config, the split and its number alone."""

import math
from collections.abc import Iterator

import cv2
import numpy as np

from pulih.common.seed import generator
from pulih.data.lines import GreyImage, LineSample
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.degrade import degrade_line
from pulih.synthesis.faces import Face
from pulih.synthesis.render import RenderedLine, draw_hand, render_line
from pulih.synthesis.text import TextSource


def build_lines(config: SynthesisConfig, text: TextSource, faces: list[Face], number: int) -> Iterator[LineSample]:
    """Yield the samples of shard ``number`` of the split that ``text`` belongs to."""
    split = text.split
    first = number * config.shard_size
    indices = range(first, min(first + config.shard_size, config.lines_of(split)))
    rendered = [_render(config, text, faces, index) for index in indices]
    for position, index in enumerate(indices):
        random = generator(config.seed, "degradation", split, index)
        # The lines of the same shard serve as the other side and as the lines above and below.
        above, below, behind = (rendered[int(random.integers(len(rendered)))].clean for _ in range(3))
        line = rendered[position]
        clean = line.clean
        if random.random() < config.neighbours:
            clean = _with_neighbours(clean, above, below, random)
        severity = random.uniform(config.severity_min, config.severity_max)
        degraded, records = degrade_line(
            clean, _other_side(behind, above, clean, random), severity, config.rates, random
        )
        meta = {
            "font": line.hand.face.name,
            "font_seen": split != "test_unseen",
            "severity": round(severity, 4),
            "degradations": records,
            "hand": line.hand.describe(),
            "psnr": psnr(degraded, clean),
            "psnr_white": psnr(np.full_like(clean, 255), clean),
        }
        yield LineSample(f"{split}-{index:07d}", degraded, clean, line.text, meta)


def psnr(image: GreyImage, clean: GreyImage) -> float:
    """Return the peak signal-to-noise ratio of two 8-bit images in decibels, rounded to 3 places."""
    error = cv2.norm(image, clean, cv2.NORM_L2SQR) / clean.size
    return round(10 * math.log10(255**2 / max(error, 1e-4)), 3)


def _render(config: SynthesisConfig, text: TextSource, faces: list[Face], index: int) -> RenderedLine:
    random = generator(config.seed, "line", text.split, index)
    face = faces[int(random.integers(len(faces)))]
    width = round(random.uniform(config.min_width, config.max_width) * config.scale)
    return render_line(draw_hand(face, config.height, random), text.tokens(random), (config.height, width), random)


def _with_neighbours(clean: GreyImage, above: GreyImage, below: GreyImage, random: np.random.Generator) -> GreyImage:
    """Let the descenders of the line above and the ascenders of the line below reach into the picture."""
    height = clean.shape[0]
    pitch = round(height * random.uniform(0.74, 0.98))
    joined = _fit(above, clean.shape)[pitch:] if random.random() < 0.7 else clean[:0]
    result = clean.copy()
    result[: len(joined)] = np.minimum(result[: len(joined)], joined)
    if random.random() < 0.7:
        np.minimum(result[pitch:], _fit(below, clean.shape)[: height - pitch], out=result[pitch:])
    return result


def _other_side(behind: GreyImage, next_behind: GreyImage, clean: GreyImage, random: np.random.Generator) -> GreyImage:
    """Return two lines of the other side, mirrored, at any height relative to this line."""
    height = clean.shape[0]
    pitch = round(height * random.uniform(0.8, 1.1))
    both = np.full((height + pitch, clean.shape[1]), 255, np.uint8)
    both[:height] = _fit(behind[:, ::-1], clean.shape)
    np.minimum(both[pitch:], _fit(next_behind[:, ::-1], clean.shape), out=both[pitch:])
    top = int(random.integers(0, pitch + 1))
    return both[top : top + height]


def _fit(image: GreyImage, shape: tuple[int, ...]) -> GreyImage:
    """Return ``image`` cut to a width, or repeated to fill it."""
    return np.tile(image, (1, -(-shape[1] // image.shape[1])))[:, : shape[1]]
