import itertools
import math

import numpy as np
import pytest
import torch

from pulih.data.charset import Charset
from pulih.recognizer import decode
from pulih.recognizer.decode import Reading, best_prefix, greedy, surer

ABC = Charset("abc")


def logits_of(path, classes=4):
    return torch.nn.functional.one_hot(torch.tensor([path]), classes).float() * 9


@pytest.mark.parametrize(
    ("path", "text"),
    [([1, 1, 2, 2], "ab"), ([1, 0, 1], "aa"), ([0, 0, 0], ""), ([0, 3, 3, 0, 3, 1], "cca"), ([1, 2, 1], "aba")],
)
def test_greedy_merges_repeats_then_drops_blanks(path, text):
    assert greedy(logits_of(path), torch.tensor([len(path)]), ABC) == [text]


def test_greedy_stops_at_the_end_of_the_line():
    assert greedy(logits_of([1, 2, 3, 3]), torch.tensor([2]), ABC) == ["ab"]


def most_probable_labelling(probs_TK):
    """Every labelling's probability from every path, without any shortcut."""
    totals = {}
    for path in itertools.product(range(probs_TK.shape[1]), repeat=len(probs_TK)):
        key = ABC.collapse(path)
        totals[key] = totals.get(key, 0.0) + math.prod(probs_TK[t, k] for t, k in enumerate(path))
    return max(totals, key=totals.get)


@pytest.mark.parametrize("seed", range(12))
def test_beam_finds_the_most_probable_labelling(seed):
    probs_TK = np.random.default_rng(seed).dirichlet(np.ones(4) * 0.7, size=5)
    assert ABC.decode(best_prefix(probs_TK, size=500)) == most_probable_labelling(probs_TK)


def test_beam_prefers_many_weak_paths_to_the_best_single_one():
    # The best path is two blanks (0.36), yet "a" has 0.4 * 0.6 * 2 + 0.16 = 0.64 in all.
    probs_TK = np.array([[0.6, 0.4], [0.6, 0.4]])
    assert best_prefix(probs_TK, size=4) == (1,)
    assert greedy(torch.from_numpy(np.log(probs_TK))[None], torch.tensor([2]), ABC) == [""]


def test_beam_survives_long_lines_without_underflow():
    probs_TK = np.full((2000, 4), 0.0001)
    probs_TK[::2, 1] = probs_TK[1::2, 0] = 0.9997
    assert best_prefix(probs_TK, size=3) == (1,) * 1000


def test_read_and_beam_use_the_width_of_each_line():
    class Painted(torch.nn.Module):
        charset, stride = ABC, 4

        def forward(self, images):
            return logits_of([1, 2, 3, 3]).repeat(len(images), 1, 1)

    images, widths = torch.ones(2, 1, 64, 16), torch.tensor([16, 5])
    assert decode.read(Painted(), images, widths) == ["abc", "ab"]
    assert decode.beam(Painted(), images, widths, size=4) == ["abc", "ab"]


def test_confidence_is_the_geometric_mean_of_the_best_classes_over_the_line_alone():
    probs_TK = torch.tensor([[0.1, 0.9, 0, 0], [0.6, 0.1, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25]])

    class Unsure(torch.nn.Module):
        charset, stride = ABC, 4

        def forward(self, images):
            return probs_TK.log()[None].repeat(len(images), 1, 1)

    whole, narrow = decode.read_surely(Unsure(), torch.ones(2, 1, 64, 12), torch.tensor([12, 8]))
    assert whole.confidence == pytest.approx((0.9 * 0.6 * 0.25) ** (1 / 3))
    assert narrow == Reading("a", pytest.approx((0.9 * 0.6) ** 0.5))


def test_surer_asks_for_more_than_the_margin():
    before, after = [Reading("a", 0.5)] * 3, [Reading("b", value) for value in (0.509, 0.511, 0.4)]
    assert surer(before, after, 0.02) == [False, True, False]
