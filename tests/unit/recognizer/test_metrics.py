import numpy as np
import pytest

from pulih.common.errors import InputError
from pulih.recognizer.metrics import Edits, cer, character_edits, interval, wer, word_edits


def test_cer_is_edits_over_reference_characters():
    # kitten -> sitting: 2 substitutions, 1 insertion; "abc" -> "": 3 deletions; 6 edits over 9 characters.
    assert cer(["kitten", "abc"], ["sitting", ""]) == pytest.approx(6 / 9)


def test_wer_counts_words_not_characters():
    # One word replaced, one missing, one added: 3 edits over 5 words.
    assert wer(["de goede hoop", "naar Batavia"], ["de goode", "naar Batavia toe"]) == pytest.approx(3 / 5)


def test_edits_are_split_by_kind_and_line():
    edits = character_edits(["kitten", "abc", "zee"], ["sitting", "", "zee"])
    assert edits.substitutions.tolist() == [2, 0, 0]
    assert edits.deletions.tolist() == [0, 3, 0]
    assert edits.insertions.tolist() == [1, 0, 0]
    assert edits.lengths.tolist() == [6, 3, 3]


def test_empty_reference_line_counts_its_insertions_only():
    edits = character_edits(["", "ab"], ["xy", "ab"])
    assert edits.errors.tolist() == [2, 0]
    assert edits.rate == pytest.approx(1.0)


@pytest.mark.parametrize("count", [character_edits, word_edits])
def test_no_reference_text_at_all_is_refused(count):
    with pytest.raises(InputError, match="reference text"):
        count(["", ""], ["a", ""])


def test_unequal_numbers_of_lines_are_refused():
    with pytest.raises(InputError, match="2 references and 1 hypotheses"):
        cer(["a", "b"], ["a"])


def test_bootstrap_interval_covers_the_true_rate_about_as_often_as_it_says():
    random = np.random.default_rng(3)
    lengths = np.full(80, 30)
    none = np.zeros(80, dtype=np.int64)
    covered = 0
    for trial in range(100):
        found = interval(Edits(random.binomial(30, 0.1, 80), none, none, lengths), seed=trial, resamples=400)
        assert found.low <= found.value <= found.high
        covered += found.low <= 0.1 <= found.high
    assert 86 <= covered <= 100


def test_bootstrap_interval_is_the_same_for_the_same_seed():
    edits = character_edits(["kitten", "abc", "zee"], ["sitting", "", "zee"])
    assert interval(edits, seed=1) == interval(edits, seed=1)
