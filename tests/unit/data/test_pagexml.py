"""PAGE files: lines come out, the restored page goes in, nothing else changes."""

import importlib.util

import pytest

from pulih.common.errors import InputError
from pulih.data.layout import RestoredImage
from pulih.data.markup import check
from pulih.data.pagexml import is_page, read_page, with_alternative_image

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


def test_what_is_written_is_valid_by_the_schema_that_ocr_d_brings() -> None:
    if importlib.util.find_spec("ocrd_validators") is None:
        pytest.skip("the schema comes with the package 'ocrd', which is not installed")
    from lxml import etree
    from ocrd_validators.constants import XSD_PAGE_URL, XSD_PATHS

    schema = etree.XMLSchema(etree.parse(XSD_PATHS[XSD_PAGE_URL]))
    for before in ("", '<AlternativeImage filename="bin.png" comments="binarized"/>'):
        answer = with_alternative_image(check(document(2019, before=before), "x"), IMAGE, "x")
        schema.assertValid(etree.fromstring(answer))
