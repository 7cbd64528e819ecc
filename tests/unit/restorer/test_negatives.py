import difflib

import numpy as np
import pytest

from pulih.restorer.negatives import edited, mismatches

TEXTS = ("anno 1791", "een brief", "Batavia", "de tuin", "een brief")


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_mismatched_text_is_never_the_text_of_the_line(share):
    for seed in range(50):
        wrong = mismatches(TEXTS, rng(seed), share)
        assert len(wrong) == len(TEXTS)
        assert all(one.text != text for one, text in zip(wrong, TEXTS, strict=True))
        assert all(len(one.shown) == len(one.text) for one in wrong)
        assert all(not all(one.shown) for one in wrong)


def test_another_line_of_the_batch_shows_nothing_of_its_own():
    for one in mismatches(TEXTS, rng(), 0.0):
        assert one.text in TEXTS
        assert not any(one.shown)


def test_lines_that_all_say_the_same_get_edited_texts():
    wrong = mismatches(["zee", "zee"], rng(), 0.0)
    assert all(one.text != "zee" for one in wrong)


@pytest.mark.parametrize("text", ["a", "ab", "zee", "een lange regel met veel woorden erin"])
def test_few_edits_stay_near_the_text(text):
    for seed in range(50):
        one = edited(text, list("abcdefgh "), rng(seed))
        assert one.text
        assert one.text == " ".join(one.text.split())
        assert abs(len(one.text) - len(text)) <= max(1, round(0.15 * len(text)))
        if len(text) > 10:
            assert difflib.SequenceMatcher(None, text, one.text).ratio() > 0.7


def test_characters_called_shown_are_those_of_the_text():
    text = "peper uit Batavia"
    for seed in range(50):
        one = edited(text, list("xyz"), rng(seed))
        kept = [character for character, shown in zip(one.text, one.shown, strict=True) if shown]
        rest = iter(text)
        assert all(character in rest for character in kept)


def test_the_same_stream_gives_the_same_wrong_texts():
    assert mismatches(TEXTS, rng(5), 0.5) == mismatches(TEXTS, rng(5), 0.5)
