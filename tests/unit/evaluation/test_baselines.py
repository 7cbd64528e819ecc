import numpy as np
import pytest
from skimage.filters import threshold_sauvola

from pulih.evaluation import baselines


@pytest.fixture
def uneven_line():
    """A line whose paper darkens to the right, with three strokes of ink; the strokes are returned as a mask."""
    paper = np.tile(np.linspace(240, 120, 256), (64, 1))
    ink = np.zeros((64, 256), dtype=bool)
    for left in (20, 120, 220):
        ink[16:48, left : left + 4] = True
    return np.where(ink, paper * 0.25, paper).astype(np.uint8), ink


def test_white_page_is_paper_whatever_comes_in(uneven_line):
    assert np.unique(baselines.white_page(uneven_line[0])).tolist() == [255]


def test_background_division_evens_the_paper_and_keeps_the_ink_dark(uneven_line):
    degraded, ink = uneven_line
    out = baselines.background_division(degraded)
    inner = ~ink
    inner[:, :8] = inner[:, -8:] = False
    assert out[inner].min() > 235
    assert abs(out[ink].astype(float) - 0.25 * 255).max() < 12


def test_sauvola_sets_ink_to_black_and_paper_to_white(uneven_line):
    degraded, ink = uneven_line
    out = baselines.sauvola(degraded, 25, 0.2)
    assert set(np.unique(out)) == {0, 255}
    assert (out[ink] == 0).all()
    assert (out[~ink] == 255).all()


def test_sauvola_agrees_with_an_independent_implementation(tiny_lines):
    from pulih.data.lines import read_lines

    for sample in read_lines(tiny_lines, "test_seen")[:4]:
        ours = baselines.sauvola(sample.degraded, 25, 0.2) == 0
        theirs = sample.degraded <= threshold_sauvola(sample.degraded, window_size=25, k=0.2, r=128)
        assert (ours == theirs).mean() > 0.995


@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_constant_images_go_through_every_baseline(value):
    flat = np.full((64, 40), value, dtype=np.uint8)
    divided = baselines.background_division(flat)
    assert divided.shape == flat.shape
    assert np.unique(divided).size == 1
    assert np.unique(baselines.sauvola(flat, 25, 0.2)).size == 1


def test_paper_stays_paper():
    flat = np.full((64, 40), 230, dtype=np.uint8)
    assert (baselines.background_division(flat) == 255).all()
    assert (baselines.sauvola(flat, 25, 0.2) == 255).all()


def test_the_input_is_not_changed(uneven_line):
    degraded, _ = uneven_line
    before = degraded.copy()
    baselines.background_division(degraded)
    baselines.sauvola(degraded, 25, 0.2)
    assert np.array_equal(degraded, before)


@pytest.mark.parametrize("width", [1, 3, 13])
def test_a_line_narrower_than_the_window_does_not_write_outside_its_memory(width):
    random = np.random.default_rng(width)
    for _ in range(30):
        line = random.integers(0, 256, (64, width), dtype=np.uint8)
        assert baselines.background_division(line).shape == line.shape
        assert baselines.sauvola(line, 25, 0.2).shape == line.shape


def test_wolf_finds_the_strokes_of_an_unevenly_lit_line(uneven_line):
    degraded, ink = uneven_line
    out = baselines.wolf(degraded, 25, 0.2)
    assert (out[ink] == 0).all()
    assert (out[~ink] == 255).mean() > 0.99


def test_otsu_agrees_with_an_independent_implementation(uneven_line):
    from skimage.filters import threshold_otsu

    degraded, _ = uneven_line
    assert np.array_equal(baselines.otsu(degraded) == 0, degraded <= threshold_otsu(degraded))


def test_background_division_of_a_page_follows_the_given_line_height(uneven_line):
    degraded, _ = uneven_line
    page = np.vstack([degraded] * 6)
    assert np.array_equal(
        baselines.background_division(page, 64)[64:128], baselines.background_division(page, 64)[128:192]
    )
    assert not np.array_equal(baselines.background_division(page, 64), baselines.background_division(page))


def test_wolf_agrees_with_its_formula(tiny_lines):
    """T = m - k (1 - s / R) (m - M): mean and deviation of the window, R the largest deviation, M the darkest grey."""
    from scipy.ndimage import uniform_filter

    from pulih.data.lines import read_lines

    for sample in read_lines(tiny_lines, "test_seen")[:4]:
        grey = sample.degraded.astype(float)
        mean = uniform_filter(grey, 25, mode="mirror")
        deviation = np.sqrt(np.maximum(uniform_filter(grey**2, 25, mode="mirror") - mean**2, 0))
        threshold = mean - 0.5 * (1 - deviation / deviation.max()) * (mean - grey.min())
        assert ((baselines.wolf(sample.degraded, 25, 0.5) == 0) == (grey <= threshold)).mean() > 0.99


def test_wolf_and_otsu_set_ink_to_black_and_paper_to_white(uneven_line):
    degraded, ink = uneven_line
    for out in (baselines.wolf(degraded, 25, 0.5), baselines.otsu(degraded)):
        assert set(np.unique(out)) == {0, 255}
        assert (out[ink] == 0).all()
    assert (baselines.wolf(degraded, 25, 0.5)[~ink] == 255).all()
