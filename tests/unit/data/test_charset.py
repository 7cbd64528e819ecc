import unicodedata

import pytest

from pulih.common.errors import InputError
from pulih.data.charset import BLANK, LATIN, Charset


def test_encoding_and_decoding_give_the_text_back():
    charset = Charset()
    text = "Batavia den 17e. Augusti, 1694: \u017fijn wĳf".replace("ĳ", "ij")
    assert charset.decode(charset.encode(text)) == text


def test_no_character_has_the_index_of_the_blank():
    charset = Charset()
    indices = charset.encode(LATIN.strip())
    assert BLANK not in indices
    assert max(indices) == len(charset) - 1 == len(LATIN)


def test_composed_and_decomposed_letters_are_the_same():
    charset = Charset()
    assert charset.encode(unicodedata.normalize("NFD", "één ÿ")) == charset.encode("één ÿ")


def test_white_space_of_any_kind_becomes_single_spaces():
    assert Charset().normalize("  een\t\ttwee\n drie\u00a0 ") == "een twee drie"


def test_characters_outside_are_all_named():
    with pytest.raises(InputError, match=r"[€漢].*[€漢]"):
        Charset().encode("10 € 漢")


def test_repeated_character_in_a_charset_is_refused():
    with pytest.raises(InputError, match="once"):
        Charset("abca")


@pytest.mark.parametrize(
    ("path", "text"),
    [([1, 1, 0, 1, 2], "aab"), ([0, 0, 0], ""), ([3, 3, 3, 0], "c"), ([1, 0, 0, 1], "aa"), ([], "")],
)
def test_ctc_path_collapses_repeats_before_blanks(path, text):
    assert Charset("abc").collapse(path) == text


def test_saved_charset_is_read_back_in_order(tmp_path):
    Charset("zyxé").save(tmp_path / "charset.json")
    assert Charset.load(tmp_path / "charset.json").encode("éz") == [4, 1]
