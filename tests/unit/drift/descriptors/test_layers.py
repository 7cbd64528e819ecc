import cv2
import numpy as np
import pytest

from pulih.drift.descriptors.layers import noise_sigma, take_apart


def aligned(layers, mask):
    return cv2.resize(mask, layers.ink.shape[::-1], interpolation=cv2.INTER_AREA)


def test_ink_is_where_it_was_drawn(draw, page):
    mask = draw.text()
    layers = take_apart(draw.image(page))
    drawn = aligned(layers, mask)
    assert layers.ink[drawn > 0.6].mean() > 0.97
    assert layers.ink[drawn < 0.02].mean() < 0.01


def test_paper_keeps_clear_of_the_ink(draw, page):
    layers = take_apart(draw.image(page))
    drawn = aligned(layers, draw.text())
    # A pale speck of a pixel or two apart from any letter cannot be told from show-through, which is on the paper.
    _, labels, statistics, _ = cv2.connectedComponentsWithStats((drawn > 0.02).astype(np.uint8))
    drawn[statistics[labels, cv2.CC_STAT_AREA] < 4] = 0
    assert drawn[layers.paper].max() < 0.05
    assert layers.paper.mean() > 0.4


def test_ink_is_found_under_uneven_light(draw):
    mask = draw.text()
    light = np.linspace(1.0, 0.55, 720)[None, :, None]
    layers = take_apart(draw.image(draw.on_paper(mask) * light))
    assert layers.ink[aligned(layers, mask) > 0.6].mean() > 0.95


def test_pale_strokes_beside_dark_ink_are_not_ink(draw, page):
    behind = cv2.GaussianBlur(draw.text(seed=5, slant=10)[:, ::-1], (0, 0), 1.5)
    layers = take_apart(draw.image(page * (1 - 0.3 * behind[:, :, None])))
    only_behind = (aligned(layers, behind) > 0.5) & (aligned(layers, draw.text()) < 0.01)
    assert only_behind.sum() > 500
    assert layers.ink[only_behind].mean() < 0.15


def test_frames_and_blots_are_no_letters(draw, page):
    framed = page.copy()
    cv2.rectangle(framed, (20, 20), (700, 1004), (60, 50, 40), 4)
    cv2.circle(framed, (600, 950), 45, (60, 50, 40), -1)
    ink = take_apart(draw.image(framed)).ink
    assert ink[100:900, 15:26].mean() < 0.02
    assert ink[930:970, 580:620].mean() < 0.05


def test_blank_page_has_no_writing():
    assert not take_apart(np.full((800, 600, 3), (230, 220, 200), np.uint8)).has_writing


@pytest.mark.parametrize("sigma", [0.5, 2.0, 8.0])
def test_noise_sigma_is_that_of_the_noise(sigma):
    random = np.random.default_rng(1)
    slope = np.linspace(100, 200, 600)[None, :]
    image = (slope + random.normal(0, sigma, (500, 600))).astype(np.float32)
    assert noise_sigma(image, np.ones(image.shape, bool)) == pytest.approx(sigma, rel=0.03)


def test_noise_of_nothing_is_zero():
    assert noise_sigma(np.zeros((50, 50), np.float32), np.zeros((50, 50), bool)) == 0
