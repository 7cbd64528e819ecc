import pytest

from pulih.data.charset import Charset
from pulih.data.conventions import normalized

CHARSET = Charset()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("un M^r de", "un Mr de"),
        ("mourra, >il dit< ils", "mourra, il dit ils"),
        ("Mʳ le mar¬", "Mr le mar-"),
        ("l\u2019œil — «oui»", 'l\'oeil - "oui"'),
        ("maͨtre", "mactre"),
        ("hom̃e", "home"),
    ],
)
def test_editors_conventions_become_what_the_pen_wrote(written, read):
    answer = normalized(written, CHARSET)
    assert answer.text == read
    assert not answer.unknown


def test_every_change_is_counted():
    changes = normalized(">a< >b< M^r", CHARSET).changes
    assert changes == {"> -> nothing": 2, "< -> nothing": 2, "^ -> nothing": 1}


def test_a_character_of_the_charset_is_never_changed():
    text = "où l'été, \u017fi &c. = (12)"
    assert normalized(text, CHARSET).text == text
    assert normalized("hoõ", Charset(CHARSET.characters + "õ")).text == "hoõ"
    assert normalized("hoõ", CHARSET).text == "hoo"


def test_what_has_no_known_equivalent_is_named():
    assert normalized("dix ₶ et ם", CHARSET).unknown == {"₶", "ם"}


def test_a_text_of_marks_alone_becomes_empty():
    assert normalized("><", CHARSET).text == ""
