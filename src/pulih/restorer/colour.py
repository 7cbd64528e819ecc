"""The colours of a restored page: the network answers in grey, the page's own paper and ink tones come back here.

A written page is paper seen through more or less ink: where the restored luminance is r in [0, 1], the answer's is
``r * paper + (1 - r) * ink``, and its colour is that of so much ink by Beer and Lambert's law, which keeps pale strokes
of brown ink as brown as the dark ones. Both tones vary slowly over the sheet. What lies around the sheet (boards, the
scanner's black) is no paper: the network sees paper there, and the answer shows what was there.
"""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pulih.restorer.resample import enlarged_rows, strips

Paper = Literal["keep", "white"]
RgbImage = NDArray[np.uint8]
GreyImage = NDArray[np.uint8]
Field = NDArray[np.float32]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
FIELD_SIDE = 512  # longest side of a tone field in pixels
STROKE_REACH = 2.5  # in x-heights: a window of this side around a stroke also holds paper
SHEET_SHARE = 0.5  # wide areas darker than this share of the paper are not the sheet
FADED_INK = 0.35  # faded ink is deepened to this share of its paper's luminance, its hue kept
DEEPEST_INK = 0.05  # and never beyond this one, unless the ink itself is darker
PAPER_SPREAD = 0.05  # in longest sides: stains narrower than this do not stay in the paper tone
INK_SPREAD = 0.012  # inks farther apart than this keep their own tones


@dataclass(frozen=True)
class Surface:
    """What a page is written on, at the reduced size (h, w).

    ``paper`` (h, w, 3) float32 0..255, the tone of the paper; ``sheet`` (h, w) float32, 1 on the sheet, 0 beside it.
    """

    paper: Field
    sheet: Field


def luminance(page: RgbImage) -> GreyImage:
    """Return the 8-bit luminance (H, W) of an RGB page (H, W, 3)."""
    return np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.uint8)


def find_surface(page: RgbImage, x_height: float) -> Surface:
    """Estimate the paper tone of an RGB page (H, W, 3) and where the sheet is.

    Args:
        x_height: height of the small letters in pixels of the page.
    """
    factor = min(1.0, FIELD_SIDE / max(page.shape[:2]))
    small = _area(page, _reduced(page.shape[:2], factor))
    reach = max(3, round(STROKE_REACH * x_height * factor)) | 1
    envelope = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    brightness = envelope @ LUMA
    sheet = _sheet(brightness, reach)
    bare = (small @ LUMA > 0.92 * brightness) & (sheet > 0)
    if not bare.any():
        bare = np.ones_like(bare)
    return Surface(_spread(small.astype(np.float32), bare.astype(np.float32), PAPER_SPREAD), sheet)


def _sheet(brightness: Field, reach: int) -> Field:
    dark = (brightness < SHEET_SHARE * np.percentile(brightness, 90)).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    _, labels = cv2.connectedComponents(dark)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    outside = np.isin(labels, rim[rim > 0])
    return (~outside).astype(np.float32)


def _spread(values: NDArray[Any], weight: NDArray[Any], share: float) -> Field:
    """Blur ``values`` where ``weight`` counts; what has no weight near it gets the weighted mean of all."""
    sigma = share * max(weight.shape)
    mean = (values * weight[:, :, None]).sum(axis=(0, 1)) / max(float(weight.sum()), 1e-9)
    summed = cv2.GaussianBlur(values * weight[:, :, None], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    summed = summed.reshape(values.shape)
    total = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[:, :, None]
    trust = 1e-3 * max(float(total.max()), 1e-9)
    return np.asarray((summed + trust * mean) / (total + trust), np.float32)


def network_view(grey: GreyImage, surface: Surface) -> GreyImage:
    """Return the grey page (H, W) with what lies beside the sheet replaced by the tone of the paper."""
    if surface.sheet.all():
        return grey
    view = np.empty_like(grey)
    for rows in strips(grey.shape[0]):
        sheet = enlarged_rows(surface.sheet, grey.shape, rows)
        tone = enlarged_rows(surface.paper @ LUMA, grey.shape, rows)
        view[rows] = np.rint(sheet * grey[rows] + (1 - sheet) * tone)
    return view


def ink_tone(page: RgbImage, restored: GreyImage, surface: Surface) -> Field:
    """Estimate the ink's tone (h, w, 3) 0..255 from an RGB page and its restored luminance, both of one size.

    The hue comes from the mean optical densities of what is written (Beer-Lambert: more of the same ink multiplies
    them all), the depth from the cores of the strokes, whose blurred rims are half paper. Where the network wrote
    strokes in grey, the tone is so deep that they are on the average no paler than in the scan.
    """
    written = ((255 - restored).astype(np.float32) / 255) ** 2
    grey = luminance(page)
    core = written * ((255 - grey).astype(np.float32) / 255) ** 4
    mixed = _local_mean(page, written, surface)
    depth = _local_mean(grey[:, :, None], core, surface)[:, :, 0]
    paper = np.maximum(surface.paper, 2)
    light = paper @ LUMA
    coverage = 1 - _local_mean(restored[:, :, None], written, surface)[:, :, 0] / 255
    as_dark = light - (light - mixed @ LUMA) / np.maximum(coverage, 0.1)
    deepest = np.minimum(depth, DEEPEST_INK * light)
    depth = np.clip(np.minimum(depth, FADED_INK * light), deepest, np.maximum(as_dark, deepest))
    density = np.log(paper / np.clip(mixed, 1, 0.99 * paper))
    reach = np.log(light / np.maximum(depth, 1)) / np.log(light / np.clip(mixed @ LUMA, 1, 0.99 * light))
    tone = paper * np.exp(-density * np.maximum(reach, 0)[:, :, None])
    return np.asarray(tone * (depth / np.maximum(tone @ LUMA, 1))[:, :, None], np.float32)


def _local_mean(image: NDArray[np.uint8], weight: NDArray[Any], surface: Surface) -> Field:
    """Return the weighted means of each channel around every point of the surface."""
    size = surface.sheet.shape
    total = _area(weight, size) * surface.sheet
    channels = [_area(weight * image[:, :, index], size) * surface.sheet for index in range(image.shape[2])]
    return _spread(np.dstack(channels) / np.maximum(total, 1e-9)[:, :, None], total, INK_SPREAD)


def compose(page: RgbImage, restored: GreyImage, surface: Surface, ink: Field, paper: Paper) -> RgbImage:
    """Lay ink on paper as the restored luminance says; all images (H, W), tone fields of the reduced size.

    Args:
        paper: ``keep`` shows the page's own paper and surroundings, ``white`` writes on white.
    """
    shape, whole = restored.shape, bool(surface.sheet.all())
    answer = np.empty_like(page)
    for rows in strips(shape[0]):
        tone = _paper_of(surface, shape, rows, paper)
        # Most of a page is bare.
        written = np.flatnonzero(restored[rows] < 255)
        light = np.asarray(restored[rows].reshape(-1)[written, None] / np.float32(255), np.float32)
        flat, near = tone.reshape(-1, 3), enlarged_rows(ink, shape, rows).reshape(-1, 3)
        flat[written] = _inked(flat[written], near[written], light)
        if not whole:
            sheet = enlarged_rows(surface.sheet, shape, rows)[:, :, None]
            beside = page[rows].astype(np.float32) if paper == "keep" else np.float32(255)
            tone = sheet * tone + (1 - sheet) * beside
        answer[rows] = np.clip(np.rint(tone), 0, 255)
    return answer


def _paper_of(surface: Surface, shape: tuple[int, ...], rows: slice, paper: Paper) -> Field:
    if paper == "keep":
        return np.maximum(enlarged_rows(surface.paper, shape, rows), 1)
    return np.full((rows.stop - rows.start, shape[1], 3), 255, np.float32)


def _inked(paper: Field, ink: Field, light: Field) -> Field:
    """Return paper under so much ink that its luminance is ``light * paper + (1 - light) * ink``; (n, 3) 0..255."""
    ink = np.maximum(ink, 1)
    full = np.minimum(np.log((ink @ LUMA) / (paper @ LUMA)), -1e-3)[:, None]
    amount = np.log(np.maximum(light + (1 - light) * np.exp(full), 1e-6)) / full
    return np.asarray(paper * np.exp(amount * np.log(ink / paper)), np.float32)


def _reduced(shape: tuple[int, ...], factor: float) -> tuple[int, int]:
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def _area(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA))
