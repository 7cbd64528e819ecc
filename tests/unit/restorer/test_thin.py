import cv2
import numpy as np
import pytest
from scipy import ndimage

from pulih.restorer.thin import FAINTEST, MOST, thin_deepened


def page(*strokes: tuple[slice, int]) -> np.ndarray:
    """A white page with upright strokes: columns, and their grey level."""
    image = np.full((60, 80), 255, np.uint8)
    for columns, level in strokes:
        image[:, columns] = level
    return image


def test_a_hairline_becomes_as_dark_as_full_ink_and_keeps_its_width():
    deep = thin_deepened(page((slice(20, 21), 135), (slice(50, 52), 120)))
    assert (deep[:, [20, 50, 51]] == 0).all()
    deep[:, [20, 50, 51]] = 255
    assert (deep == 255).all()


def test_a_broad_stroke_keeps_its_ink_and_its_rims_are_those_of_its_depth():
    stroke = page((slice(30, 42), 0), (slice(29, 30), 128), (slice(42, 43), 128))
    assert np.array_equal(thin_deepened(stroke), stroke)


def test_a_broad_grey_area_is_a_guess_and_stays_grey():
    area = page((slice(20, 50), 140))
    assert np.array_equal(thin_deepened(area), area)


def test_paper_and_what_is_too_faint_for_a_stroke_stay():
    faint = page((slice(20, 21), 256 - FAINTEST))
    assert np.array_equal(thin_deepened(faint), faint)
    assert (thin_deepened(page()) == 255).all()


def test_ink_is_deepened_so_many_times_at_most():
    deep = thin_deepened(page((slice(20, 21), 255 - FAINTEST)))
    assert deep.min() == 255 - MOST * FAINTEST


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_its_definition_in_floating_point(seed):
    random = np.random.default_rng(seed)
    image = cv2.GaussianBlur((random.random((120, 150)) > 0.15).astype(np.float32) * 255, (0, 0), 1.0).astype(np.uint8)
    ink = 255.0 - image
    core = ndimage.grey_dilation(ink, (5, 5))
    broad = ndimage.grey_dilation(ndimage.grey_erosion(ink, (5, 5)), (5, 5))
    full = np.minimum(255 * ink / np.maximum(core, 1), MOST * ink)
    wanted = ink + (1 - broad / np.maximum(ink, 1)) * (np.where(core >= FAINTEST, full, ink) - ink)
    # Half a level of each of four rounded steps.
    assert np.abs(255 - wanted - thin_deepened(image)).max() <= 2
