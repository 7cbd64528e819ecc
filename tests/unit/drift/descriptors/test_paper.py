import cv2
import numpy as np
import pytest

from pulih.drift.descriptors import paper
from pulih.drift.descriptors.layers import take_apart


def surface_of(draw, page):
    return paper.fitted_background(take_apart(draw.image(page)))


def stained(page, radius, depth=0.2):
    stain = np.zeros(page.shape[:2])
    cv2.circle(stain, (400, 500), radius, 1.0, -1)
    return page * (1 - depth * cv2.GaussianBlur(stain, (0, 0), 3)[:, :, None]), 100 * stain.mean()


@pytest.mark.parametrize("radius", [60, 120, 180])
def test_stain_area_is_the_stained_share(draw, page, radius):
    scan, share = stained(page, radius)
    assert paper.stain_area(surface_of(draw, scan)) == pytest.approx(share, rel=0.25)


def test_clean_page_has_no_stain_even_where_it_is_written_densely(draw):
    dense = draw.on_paper(draw.text(pitch=22))
    assert paper.stain_area(surface_of(draw, dense)) < 0.1


def test_uneven_light_is_no_stain_and_is_measured(draw, page):
    light = 1 - 0.3 * (np.linspace(-1, 1, 720)[None, :, None] + 1) / 2
    surface = surface_of(draw, page * light)
    # Nine tenths of a fall from 1 to 0.7, over the middle of it.
    assert paper.unevenness(surface) == pytest.approx(100 * 0.9 * 0.3 / 0.85, rel=0.1)
    assert paper.stain_area(surface) < 0.1


def test_stain_is_no_uneven_light(draw, page):
    assert paper.unevenness(surface_of(draw, stained(page, 100)[0])) < 2


def test_bleed_through_grows_with_the_ink_behind(draw, page):
    behind = cv2.GaussianBlur(draw.text(seed=5, slant=10)[:, ::-1], (0, 0), 2)[:, :, None]
    scans = [page * (1 - strength * behind) for strength in (0, 0.1, 0.2, 0.4)]
    none, weak, middle, strong = (paper.bleed_through(take_apart(draw.image(scan))) for scan in scans)
    assert none < 0.1
    assert middle == pytest.approx(2 * weak, rel=0.2)
    assert strong == pytest.approx(4 * weak, rel=0.2)


def test_noise_and_texture_are_no_bleed_through(draw, page):
    random = np.random.default_rng(0)
    texture = cv2.GaussianBlur(random.normal(0, 1, page.shape[:2]), (0, 0), 2) * 12
    rough = page + (texture + random.normal(0, 4, page.shape[:2]))[:, :, None]
    behind = cv2.GaussianBlur(draw.text(seed=5)[:, ::-1], (0, 0), 2)[:, :, None]
    without, with_bleed = (paper.bleed_through(take_apart(draw.image(p))) for p in (rough, rough * (1 - 0.3 * behind)))
    assert without < 0.6
    assert with_bleed > without + 1


def test_bleed_through_of_a_page_without_paper_is_unknown(draw):
    random = np.random.default_rng(0)
    assert np.isnan(paper.bleed_through(take_apart(random.integers(0, 255, (300, 200, 3)).astype(np.uint8))))


@pytest.mark.parametrize("darkness", [0.3, 0.5, 0.8])
def test_contrast_is_the_light_that_the_ink_takes(draw, darkness):
    layers = take_apart(draw.image(draw.on_paper(draw.rings(6), darkness=darkness)))
    assert paper.contrast(layers) == pytest.approx(100 * darkness, abs=2)


@pytest.mark.parametrize("tone", [(225, 210, 180), (200, 205, 190), (240, 240, 240)])
def test_colour_is_that_of_the_paper(draw, tone):
    measured = paper.colour(take_apart(draw.image(draw.on_paper(draw.text(), tone))))
    lab = cv2.cvtColor(np.float32([[tone]]) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    assert [measured[name] for name in ("background_level", "paper_a", "paper_b")] == pytest.approx(lab, abs=0.3)
    assert measured["saturation"] == pytest.approx(100 * (max(tone) - min(tone)) / max(tone), abs=0.5)
