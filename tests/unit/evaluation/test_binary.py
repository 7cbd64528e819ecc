import numpy as np
import pytest
from skimage.filters import threshold_otsu

from pulih.common.errors import InputError
from pulih.evaluation import binary
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.restorer import colour


@pytest.fixture
def truth():
    """A bar of ink 6 x 40 pixels on a sheet of 64 x 96."""
    mask = np.zeros((64, 96), bool)
    mask[20:26, 30:70] = True
    return mask


def noisy(truth, seed=0, share=0.05):
    return truth ^ (np.random.default_rng(seed).random(truth.shape) < share)


def drd_by_definition(truth, answer):
    """Lu, Kot, Shi 2004, pixel by pixel, as written."""
    weights = np.array([[0 if x == y == 2 else 1 / np.hypot(x - 2, y - 2) for x in range(5)] for y in range(5)])
    weights /= weights.sum()
    height, width = truth.shape
    total = 0.0
    for y, x in zip(*np.nonzero(truth != answer), strict=True):
        for j in range(-2, 3):
            for i in range(-2, 3):
                if 0 <= y + j < height and 0 <= x + i < width:
                    total += abs(int(truth[y + j, x + i]) - int(answer[y, x])) * weights[j + 2, i + 2]
    blocks = 0
    for y in range(0, height - 7, 8):
        for x in range(0, width - 7, 8):
            blocks += 0 < truth[y : y + 8, x : x + 8].sum() < 64
    return total / blocks


def test_a_perfect_answer_has_the_best_figures(truth):
    agreement = binary.compare(truth, truth)
    assert (agreement.fm, agreement.pfm, agreement.psnr, agreement.drd) == (100, 100, 100, 0)


@pytest.mark.parametrize("shape", [(64, 96), (61, 83), (9, 8)])
def test_drd_agrees_with_its_definition_also_where_blocks_are_cut_off(shape):
    truth = np.random.default_rng(1).random(shape) < 0.2
    answer = noisy(truth)
    assert binary.drd(truth, answer) == pytest.approx(drd_by_definition(truth, answer))


def test_the_weights_of_drd_are_those_of_the_paper():
    weights = binary.drd_weights()
    assert weights.sum() == pytest.approx(1)
    assert weights[2, 2] == 0
    # Table of the paper: 0.0256 in the corners, 0.0324 beside them, 0.0362, 0.0512 and 0.0724 nearer to the middle.
    found = [weights[0, 0], weights[0, 1], weights[0, 2], weights[1, 1], weights[1, 2]]
    assert found == pytest.approx([0.0256, 0.0324, 0.0362, 0.0512, 0.0724], abs=6e-5)


def test_a_lone_speck_costs_more_than_a_stroke_one_pixel_too_wide(truth):
    speck, wider = truth.copy(), truth.copy()
    speck[50, 10] = True
    wider[26, 50] = True
    assert binary.drd(truth, speck) > binary.drd(truth, wider) > 0


def test_f_measure_and_psnr_agree_with_doxapy(truth):
    import doxapy

    answer = noisy(truth)
    as_bytes = [np.where(mask, 0, 255).astype(np.uint8) for mask in (truth, answer)]
    theirs = doxapy.calculate_performance(*as_bytes)
    ours = binary.compare(truth, answer)
    assert ours.fm == pytest.approx(theirs["fm"], abs=0.01)
    assert ours.psnr == pytest.approx(theirs["psnr"], abs=0.01)


def test_ink_is_what_counts_not_paper(truth):
    blank = binary.compare(truth, np.zeros_like(truth))
    assert (blank.precision, blank.recall, blank.fm, blank.pfm) == (0, 0, 0, 0)
    black = binary.compare(truth, np.ones_like(truth))
    assert (black.recall, black.precision) == (1, pytest.approx(truth.mean()))


def test_pseudo_f_measure_forgives_thin_strokes_but_not_broken_ones(truth):
    thin, broken = truth.copy(), truth.copy()
    thin[[20, 25]] = False
    broken[:, 30:44] = False
    assert binary.compare(truth, thin).recall < binary.compare(truth, broken).recall + 0.02
    assert binary.compare(truth, thin).pfm == pytest.approx(100)
    assert binary.compare(truth, broken).pfm < 85


def test_unusable_comparisons_are_refused(truth):
    with pytest.raises(InputError, match="96, 64"):
        binary.compare(truth, truth[:-1])
    with pytest.raises(InputError, match="with ink"):
        binary.compare(np.zeros_like(truth), truth)


def otsu_rows(real_data, year):
    folder = real_data / "restoration" / "dibco_handwritten"
    if not folder.is_dir():
        pytest.skip(f"no DIBCO pairs at {folder}")
    rows = []
    for pair in find_pairs(folder, Suffixes()):
        if pair.group == year:
            page, truth = read_pair(pair)
            grey = colour.luminance(page)
            rows.append(binary.compare(truth, grey <= threshold_otsu(grey)))
    return rows


def mean(rows, name):
    return float(np.mean([getattr(row, name) for row in rows]))


@pytest.mark.slow
def test_otsu_on_h_dibco_2012_has_the_published_figures(real_data):
    rows = otsu_rows(real_data, "2012")
    # The contest of 2012 averaged precision and recall over the set before taking their harmonic mean.
    precision, recall, lines = (mean(rows, name) for name in ("precision", "recall", "thinned_recall"))
    assert binary.f_measure(precision, recall) == pytest.approx(80.18, abs=0.03)
    assert binary.f_measure(precision, lines) == pytest.approx(82.65, abs=0.03)
    assert mean(rows, "psnr") == pytest.approx(15.03, abs=0.03)
    assert mean(rows, "drd") == pytest.approx(26.46, abs=0.03)


@pytest.mark.slow
def test_otsu_on_h_dibco_2016_has_the_published_figures(real_data):
    rows = otsu_rows(real_data, "2016")
    assert mean(rows, "fm") == pytest.approx(86.61, abs=0.05)
    assert mean(rows, "psnr") == pytest.approx(17.80, abs=0.05)
    assert mean(rows, "drd") == pytest.approx(5.56, abs=0.05)
