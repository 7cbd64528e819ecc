"""PAGE files: lines come out; the restored page and recognized text go in, nothing else changes."""

from dataclasses import replace

import pytest

from pulih.common.errors import InputError
from pulih.data.layout import Layout, LayoutLine, ReadLine, ReadWord, Recognition, RestoredImage
from pulih.data.markup import check
from pulih.data.pagexml import is_page, new_page, read_page, with_alternative_image, with_text

IMAGE = RestoredImage("scan é.png", "0123456789ab", "mode keep-paper", "Pulih", "0.1.0", "2026-11-25T12:00:00Z")
BODY = """<{p}PcGts xmlns{c}="http://schema.primaresearch.org/PAGE/gts/pagecontent/{year}-07-15">
  <{p}Metadata><{p}Creator>me</{p}Creator><{p}Created>2026-11-25T12:00:00</{p}Created>
    <{p}LastChange>2026-11-25T12:00:00</{p}LastChange></{p}Metadata>
  <{p}Page imageFilename="scan.jpg" imageWidth="300" imageHeight="200">{before}
    <{p}TextRegion id="r1"><{p}Coords points="0,0 300,0 300,90"/>
      <{p}TextLine id="l1"><{p}Coords points="10,20 290,20 290,50"/><{p}Baseline points="10,45 290,46"/>
        <{p}TextEquiv index="1"><{p}Unicode>wrong</{p}Unicode></{p}TextEquiv>
        <{p}TextEquiv index="0"><{p}Unicode>Anno 1791 é</{p}Unicode></{p}TextEquiv></{p}TextLine>
    </{p}TextRegion>
  </{p}Page>
</{p}PcGts>
"""


def document(year: int, prefix: str = "", before: str = "") -> bytes:
    colon = f":{prefix[:-1]}" if prefix else ""
    return BODY.format(p=prefix, c=colon, year=year, before=before).encode()


@pytest.mark.parametrize("year", [2013, 2019])
@pytest.mark.parametrize("prefix", ["", "pc:"])
def test_lines_are_read_with_polygon_baseline_and_best_text(year: int, prefix: str) -> None:
    markup = check(document(year, prefix), "x")
    assert is_page(markup)
    layout = read_page(markup, "x")
    assert (layout.width, layout.height) == (300, 200)
    (line,) = layout.lines
    assert (line.key, line.text) == ("l1", "Anno 1791 é")
    assert line.polygon[1] == (290, 20)
    assert line.baseline == ((10, 45), (290, 46))


@pytest.mark.parametrize("prefix", ["", "pc:"])
def test_the_restored_page_becomes_the_last_alternative_image_and_only_that(prefix: str) -> None:
    former = f'<{prefix}AlternativeImage filename="bin.png" comments="binarized"/>'
    data = document(2019, prefix, f"\n    {former}")
    answer = with_alternative_image(check(data, "x"), IMAGE, "x")
    page = check(answer, "x").child("Page")
    names = [(child.name, child.attributes.get("filename")) for child in page.children]
    assert names == [("AlternativeImage", "bin.png"), ("AlternativeImage", "scan é.png"), ("TextRegion", None)]
    assert "restored by a model" in page.children[1].attributes["comments"]
    added = answer[page.children[1].start : page.children[2].start]
    assert answer.replace(added, b"", 1) == data


def test_a_page_without_a_size_is_refused() -> None:
    data = document(2019).replace(b'imageWidth="300"', b'imageWidth="0"')
    with pytest.raises(InputError, match="imageWidth"):
        read_page(check(data, "x"), "x")


def test_a_document_without_a_page_is_refused() -> None:
    data = b'<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Metadata/></PcGts>'
    markup = check(data, "x")
    with pytest.raises(InputError, match="a Page"):
        read_page(markup, "x")
    with pytest.raises(InputError, match="a Page"):
        with_alternative_image(markup, IMAGE, "x")


RECOGNITION = Recognition("0123456789ab", "the scan", "Pulih", "0.1.0", "2026-11-25T12:00:00Z")
READ = ReadLine((ReadWord("Anno", 0.9, 0, 0.4), ReadWord("<1792> & é", 0.5, 0.5, 1)), 0.7)
EMPTY_LINE = '<{p}TextLine id="l2"><{p}Coords points="1,2 3,4 5,6"/>{inner}</{p}TextLine>'


def with_line(year: int, prefix: str, inner: str) -> bytes:
    """A document with a second line, whose text is to be read."""
    line = EMPTY_LINE.format(p=prefix, inner=inner.format(p=prefix))
    end = f"    </{prefix}TextRegion>".encode()
    return document(year, prefix).replace(end, f"      {line}\n".encode() + end)


@pytest.mark.parametrize("year", [2013, 2019])
@pytest.mark.parametrize("prefix", ["", "pc:"])
@pytest.mark.parametrize("inner", ["", "<{p}TextEquiv><{p}Unicode></{p}Unicode></{p}TextEquiv>", "<{p}TextStyle/>"])
def test_text_is_written_with_its_confidence_where_there_was_none(year: int, prefix: str, inner: str) -> None:
    data = with_line(year, prefix, inner)
    answer = with_text(check(data, "x"), [None, READ], RECOGNITION)
    _, second = check(answer, "x").lines
    assert read_page(check(answer, "x"), "x").lines[1].text == "Anno <1792> & é"
    written = [child for child in second.children if child.name == "TextEquiv"]
    assert [child.attributes["conf"] for child in written] == ["0.7000"]
    marked = (written[0] if year > 2016 else second).attributes["comments"]
    assert marked == "recognized by a model, not by a person: Pulih 0.1.0, model 0123456789ab"
    assert [child.name for child in second.children][-1] == ("TextStyle" if "Style" in inner else "TextEquiv")
    # All before the line, and all behind it, is as it was.
    assert answer[: second.start] == data[: second.start]
    assert answer.endswith(data[data.index(f"</{prefix}TextLine>".encode(), second.start) :])


def test_words_go_with_the_text_that_they_divided_and_coordinates_stay() -> None:
    word = '<Word id="w"><Coords points="1,1"/><TextEquiv><Unicode>old</Unicode></TextEquiv></Word>'
    data = with_line(2019, "", f"<Baseline points='1,2 3,4'/>{word}")
    assert read_page(check(data, "x"), "x").lines[1].text == "old"
    answer = with_text(check(data, "x"), [None, READ], RECOGNITION)
    line = read_page(check(answer, "x"), "x").lines[1]
    assert line == replace(read_page(check(data, "x"), "x").lines[1], text=READ.text)
    assert b"old" not in answer


def test_a_new_document_has_the_lines_and_says_how_they_were_found() -> None:
    lines = (LayoutLine("a", ((1, 2), (30.4, 2), (30, 9)), ((1, 8), (30, 8)), ""),)
    data = new_page(Layout("PAGE", 300, 200, lines), 'a "scan".png', RECOGNITION, "by rows")
    layout = read_page(check(data, "x"), "x")
    assert (layout.width, layout.height) == (300, 200)
    assert layout.lines == (LayoutLine("l1", ((1, 2), (30, 2), (30, 9)), ((1, 8), (30, 8)), ""),)
    assert check(data, "x").child("Page").attributes["imageFilename"] == 'a "scan".png'
    assert b"by rows" in data


@pytest.mark.ocrd
def test_what_is_written_is_valid_by_the_schema_that_ocr_d_brings(ocrd, tmp_path) -> None:
    lines = (LayoutLine("a", ((1, 2), (30, 2), (30, 9)), ((1, 8), (30, 8)), ""),)
    new = new_page(Layout("PAGE", 300, 200, lines), "scan.png", RECOGNITION, "by rows")
    style = with_line(2019, "", "<TextStyle/>")
    answers = [
        new_page(Layout("PAGE", 300, 200, ()), "scan.png", RECOGNITION, "none"),
        with_text(check(new, "x"), [READ], RECOGNITION),
        with_text(check(style, "x"), [READ, READ], RECOGNITION),
        *(
            with_alternative_image(check(document(2019, before=before), "x"), IMAGE, "x")
            for before in ("", '<AlternativeImage filename="bin.png" comments="binarized"/>')
        ),
    ]
    for number, answer in enumerate(answers):
        (tmp_path / f"{number}.xml").write_bytes(answer)
    code = """
import sys
from lxml import etree
from ocrd_validators.constants import XSD_PAGE_URL, XSD_PATHS
schema = etree.XMLSchema(etree.parse(XSD_PATHS[XSD_PAGE_URL]))
for path in sys.argv[1:]:
    schema.assertValid(etree.parse(path))
print(len(sys.argv) - 1, "valid")
"""
    assert ocrd("python", "-c", code, *sorted(tmp_path.glob("*.xml"))).stdout.strip() == f"{len(answers)} valid"
