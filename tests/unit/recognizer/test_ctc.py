import itertools
import math

import pytest
import torch

from pulih.common.errors import InputError
from pulih.data.charset import Charset
from pulih.recognizer.ctc import columns_needed, columns_of, ctc_loss

ABC = Charset("abc")


def probability_by_enumeration(probs_TK: torch.Tensor, text: str) -> float:
    """Sum over all paths of the alphabet that collapse to ``text``: the definition of CTC."""
    total = 0.0
    for path in itertools.product(range(probs_TK.shape[1]), repeat=len(probs_TK)):
        if ABC.collapse(path) == text:
            total += math.prod(probs_TK[t, k].item() for t, k in enumerate(path))
    return total


@pytest.mark.parametrize("text", ["a", "ab", "aa", "cab"])
def test_loss_is_the_negative_log_of_the_summed_paths_per_character(text):
    logits_TK = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    loss = ctc_loss(logits_TK[None], torch.tensor([5]), torch.tensor([ABC.encode(text)]), torch.tensor([len(text)]))
    expected = -math.log(probability_by_enumeration(logits_TK.softmax(-1), text)) / len(text)
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_loss_ignores_columns_beyond_the_line():
    logits = torch.randn(1, 8, 4, generator=torch.Generator().manual_seed(2))
    changed = logits.clone()
    changed[:, 5:] = 9.0
    arguments = torch.tensor([5]), torch.tensor([[1, 2]]), torch.tensor([2])
    assert torch.equal(ctc_loss(logits, *arguments), ctc_loss(changed, *arguments))


def test_columns_needed_counts_a_blank_between_equal_neighbours():
    targets = torch.tensor([[1, 1, 2, 2], [1, 2, 1, 0], [3, 0, 0, 0]])
    assert columns_needed(targets, torch.tensor([4, 3, 1])).tolist() == [6, 3, 1]


def test_padding_is_not_taken_for_a_repeat():
    assert columns_needed(torch.tensor([[1, 1, 1, 1]]), torch.tensor([1])).tolist() == [1]


def test_text_too_long_for_its_line_is_refused_with_both_numbers():
    with pytest.raises(InputError, match=r"1 to 3 columns.*3 characters, which need 4"):
        ctc_loss(torch.zeros(1, 3, 4), torch.tensor([3]), torch.tensor([[1, 1, 2]]), torch.tensor([3]))


def test_empty_text_is_refused():
    with pytest.raises(InputError, match="0 characters"):
        ctc_loss(torch.zeros(1, 3, 4), torch.tensor([3]), torch.tensor([[0]]), torch.tensor([0]))


def test_a_column_begun_counts():
    assert columns_of(torch.tensor([64, 65, 1]), 4).tolist() == [16, 17, 1]
