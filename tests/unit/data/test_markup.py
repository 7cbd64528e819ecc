"""XML from outside is read without trust, and changed without touching another byte."""

import pytest

from pulih.common.errors import InputError
from pulih.data.markup import check, edited, escaped, inserted, points, with_attribute

BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
REMOTE = b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>'


@pytest.mark.parametrize("data", [BOMB, REMOTE], ids=["entities", "remote"])
def test_a_document_type_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="document type"):
        check(data, "page.xml")


@pytest.mark.parametrize("data", [b"", b"no xml", b"<a><b></a>", b'<a x="1" x="2"/>', b"<a>\xff</a>", b"<a/>\0"])
def test_what_is_not_well_formed_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        check(data, "page.xml")


def test_what_is_too_deep_or_of_16_bits_is_refused() -> None:
    with pytest.raises(InputError, match="fewer elements"):
        check(b"<a>" * 300 + b"</a>" * 300, "page.xml")
    with pytest.raises(InputError, match="UTF-8"):
        check("<a/>".encode("utf-16"), "page.xml")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<a>\n  <b/>\n</a>\n", b"<a>\n  <b/>\n  <n/>\n</a>\n"),
        (b"<a><b/></a>", b"<a><b/><n/></a>"),
        (b"<a/>", b"<a><n/></a>"),
        (b"<a x='1>2' />", b"<a x='1>2' ><n/></a>"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- c --><p:a xmlns:p='u'>\xc3\xa9</p:a>", None),
    ],
)
def test_an_element_is_added_at_the_end_and_nothing_else_changes(data: bytes, expected: bytes | None) -> None:
    markup = check(data, "x")
    answer = inserted(markup, markup.root, None, "<n/>")
    assert answer == (expected or data.replace(b"</p:a>", b"<n/></p:a>"))


def test_other_encodings_keep_their_bytes_and_new_text_is_readable_in_them() -> None:
    data = "<?xml version='1.0' encoding='ISO-8859-1'?><a><b>é</b></a>".encode("latin-1")
    markup = check(data, "x")
    answer = inserted(markup, markup.root, markup.root.children[0], f'<n v="{escaped("ø & ☃")}"/>')
    assert "é".encode("latin-1") in answer
    tree = check(answer, "x").tree()
    assert tree.find("n").get("v") == "ø & ☃"
    assert tree.findtext("b") == "é"


def test_points_are_read_in_both_spellings() -> None:
    assert points("1,2 3,4") == points("1 2 3 4") == ((1, 2), (3, 4))
    assert points("") == ()


@pytest.mark.parametrize("former", ["", ' pcGtsId="old"', " pcGtsId = 'a>b'"])
def test_an_attribute_is_added_or_takes_the_place_of_its_former_value(former: str) -> None:
    markup = check(f'<a other="pcGtsId"{former} z="1"><b/></a>'.encode(), "x")
    answer = check(edited(markup.data, [with_attribute(markup, markup.root, "pcGtsId", 'n"1')]), "x")
    assert answer.root.attributes == {"other": "pcGtsId", "pcGtsId": 'n"1', "z": "1"}
    assert len(answer.root.children) == 1
