import re
from itertools import islice

import numpy as np
import pytest

from pulih.data.charset import LATIN
from pulih.synthesis.spelling import base_form
from pulih.synthesis.text import TextSource


def drawn(source, number, seed=0):
    return list(islice(source.tokens(np.random.default_rng(seed)), number))


def base_forms(tokens):
    return {base_form(token) for token in tokens if any(character.isalpha() for character in token)}


def test_every_token_is_within_the_charset(words):
    assert set("".join(drawn(words, 5000))) <= set(LATIN)


def test_numbers_dates_names_and_punctuation_occur(words):
    text = " ".join(drawn(words, 5000))
    assert re.search(r"\b\d+/\d+ 1[67]\d\d\b", text)
    assert re.search(r"\b[A-Z][a-z]+ (van |de )", text)
    assert {",", ".", ";", ":", "(", ")", '"', "'", "&", "=", "-", "!", "?"} <= set(text)


def test_drawn_text_of_different_splits_shares_no_word(small):
    config = small(languages={"nl": 0.5, "ms": 0.5}, vocabulary=3000)
    train, validation, test = (
        base_forms(drawn(TextSource(config, split), 6000)) for split in ("train", "validation", "test_seen")
    )
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_same_stream_gives_the_same_text(words):
    assert drawn(words, 50, seed=4) == drawn(words, 50, seed=4)
    assert drawn(words, 50, seed=4) != drawn(words, 50, seed=5)


def test_historical_spelling_can_be_switched_off(small):
    modern = TextSource(small(languages={"nl": 1.0}, historical_spelling=0.0), "train")
    tokens = [re.sub(r"[^a-z]", "", token.lower()) for token in drawn(modern, 3000)]
    known = set(modern.vocabulary.words)
    assert np.mean([token in known for token in tokens if token]) > 0.85


@pytest.mark.parametrize("split", ["train", "test_seen"])
def test_user_text_is_followed_from_a_random_place_and_around(small, tmp_path, split):
    text = " ".join(f"woord{chr(97 + i)}a{chr(97 + j)}" for i in range(12) for j in range(12))
    (tmp_path / "a.txt").write_text(text)
    source = TextSource(small(text_files=(str(tmp_path / "a.txt"),)), split)
    tokens = drawn(source, 2 * len(source.texts))
    start = source.texts.index(tokens[0])
    assert tuple(tokens[: len(source.texts)]) == source.texts[start:] + source.texts[:start]
