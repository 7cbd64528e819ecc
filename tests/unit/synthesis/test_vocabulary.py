import numpy as np
import pytest

from pulih.common.errors import InputError
from pulih.data.charset import LATIN
from pulih.synthesis.spelling import base_form
from pulih.synthesis.vocabulary import from_texts, from_word_lists, read_text


def text_file(folder, content):
    path = folder / "text.txt"
    path.write_bytes(content)
    return str(path)


def test_no_base_form_is_in_two_splits(small):
    config = small(languages={"nl": 0.5, "ms": 0.5}, vocabulary=3000)
    forms = [{base_form(w) for w in from_word_lists(config, s).words} for s in ("train", "validation", "test_seen")]
    assert all(len(form) > 50 for form in forms)
    assert not forms[0] & forms[1]
    assert not forms[0] & forms[2]
    assert not forms[1] & forms[2]


def test_both_test_splits_share_their_words(small):
    seen, unseen = (from_word_lists(small(), split) for split in ("test_seen", "test_unseen"))
    assert seen.words == unseen.words


def test_words_are_drawn_by_their_weights(small):
    vocabulary = from_word_lists(small(), "train")
    random = np.random.default_rng(0)
    drawn = [vocabulary.draw(random) for _ in range(4000)]
    expected = np.diff(vocabulary.cumulated, prepend=0)[0]
    assert drawn.count(vocabulary.words[0]) / len(drawn) == pytest.approx(expected, abs=0.01)


def test_every_word_is_within_the_charset(small):
    words = from_word_lists(small(languages={"nl": 1.0, "en": 1.0}, vocabulary=5000), "train").words
    assert set("".join(words)) <= set(LATIN)


def test_unknown_language_lists_the_known_ones(small):
    with pytest.raises(InputError, match=r"'xx'.*nl"):
        from_word_lists(small(languages={"xx": 1.0}), "train")


def test_characters_outside_the_charset_are_refused_with_their_line(tmp_path):
    path = text_file(tmp_path, "een goed woord\nkost 3 €\n漢字".encode())
    with pytest.raises(InputError, match=r"€.*line 2.*unknown_characters") as caught:
        read_text(path, "refuse")
    assert path in str(caught.value)


def test_words_outside_the_charset_can_be_skipped(tmp_path):
    path = text_file(tmp_path, "\ufeffeen goed woord\nkost 3 €\n漢字".encode())
    assert read_text(path, "skip") == ("een", "goed", "woord", "kost", "3")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\xd8", b"  \n "])
def test_unreadable_and_empty_texts_are_refused(tmp_path, content):
    with pytest.raises(InputError):
        read_text(text_file(tmp_path, content), "refuse")


def test_text_keeps_its_order_within_a_split(small, tmp_path):
    text = "het schip is den derden dach van Batavia vertrocken ende heeft de reede verlaten " * 3
    config = small(text_files=(text_file(tmp_path, text.encode()),))
    kept = from_texts(config, "train")
    positions = iter(text.split())
    assert all(word in positions for word in kept)
    assert {base_form(w) for w in kept}.isdisjoint({base_form(w) for w in from_texts(config, "test_seen")})


def test_text_without_a_word_for_a_split_is_refused(small, tmp_path):
    config = small(text_files=(text_file(tmp_path, b"schip 12 13"),))
    with pytest.raises(InputError, match="longer texts"):
        [from_texts(config, split) for split in ("train", "validation", "test_seen")]
