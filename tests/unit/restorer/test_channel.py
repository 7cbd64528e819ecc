import numpy as np
import pytest

from pulih.restorer.channel import CLEARLY, clearness, darkest, ink_channel
from pulih.restorer.colour import luminance

FADED = (205, 190, 120)  # yellow: as bright as paper but for its blue
BROWN = (60, 50, 40)


def grained(page: np.ndarray, blue: float, others: float = 2.0) -> np.ndarray:
    """The page with noise, in grey levels, in its channels."""
    noise = np.random.default_rng(1).normal(0, 1, page.shape) * (others, others, blue)
    return np.clip(np.rint(page + noise), 0, 255).astype(np.uint8)


@pytest.fixture
def page(page_of):
    return lambda ink, blue=2.0: grained(page_of(700, 900, 14, ink=ink), blue)


def test_faded_ink_is_seen_in_the_channel_that_it_darkens(page) -> None:
    seen = ink_channel(page(FADED))
    assert np.array_equal(seen, darkest(page(FADED)))
    assert clearness(seen) > 1.5 * clearness(luminance(page(FADED)))


def test_noise_in_the_darkest_channel_speaks_against_it(page) -> None:
    assert np.array_equal(ink_channel(page(BROWN, blue=12)), luminance(page(BROWN, blue=12)))


def test_grey_pages_stay_as_they_are(page) -> None:
    grey = luminance(page(BROWN))
    assert np.array_equal(ink_channel(np.dstack([grey] * 3)), grey)


def test_clearness_is_contrast_over_grain() -> None:
    random = np.random.default_rng(2)
    sheet = np.clip(np.rint(200 + random.normal(0, 3, (600, 600))), 0, 255)
    ink = np.zeros(sheet.shape, bool)
    ink[::24, :] = ink[1::24, :] = ink[2::24, :] = True
    faint, strong = (clearness(np.where(ink, level, sheet).astype(np.uint8)) for level in (150, 100))
    # Paper is told from the bright side of its grain, in units of which both inks lie 50 and 100 levels away.
    assert strong / faint == pytest.approx(2, rel=0.1)
    assert faint == pytest.approx(50 / 3, rel=0.15)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_blank_pages_have_no_clearness(value) -> None:
    assert clearness(np.full((300, 200), value, np.uint8)) == 0
    blank = np.full((300, 200, 3), value, np.uint8)
    assert np.array_equal(ink_channel(blank), luminance(blank))


def test_a_page_keeps_its_channel_at_other_resolutions(page_of) -> None:
    small, large = (grained(page_of(700 * zoom, 900 * zoom, 14 * zoom, ink=FADED), 2.0) for zoom in (1, 4))
    assert all(clearness(darkest(p)) > CLEARLY * clearness(luminance(p)) for p in (small, large))
    assert np.array_equal(ink_channel(large), darkest(large))
