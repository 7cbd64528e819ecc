"""Text written beside a page: where none was, over what was only when asked, and never without saying by whom."""

import json

import pytest
from PIL import Image

from pulih.batch.batch import Artifacts
from pulih.batch.segmentation import BY_ROWS
from pulih.batch.xmlfiles import read_xml
from pulih.common.errors import InputError

ALTO = """<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>pixel</MeasurementUnit>
</Description><Layout><Page ID="p" PHYSICAL_IMG_NR="0" WIDTH="340" HEIGHT="260"><PrintSpace><TextBlock ID="b">
<TextLine ID="a" HPOS="10" VPOS="12" WIDTH="300" HEIGHT="40"><String CONTENT="by hand"/></TextLine>
<TextLine ID="b" HPOS="10" VPOS="52" WIDTH="300" HEIGHT="40"><String CONTENT=""/></TextLine>
</TextBlock></PrintSpace></Page></Layout></alto>"""


@pytest.fixture
def scan(tmp_path, page):
    path = tmp_path / "scan.png"
    Image.fromarray(page).save(path)
    return path


@pytest.fixture(autouse=True)
def without_kraken(monkeypatch, tmp_path):
    monkeypatch.delenv("PULIH_KRAKEN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def lines_of(path) -> list[str]:
    return [line.text for line in read_xml(path).layout.lines]


@pytest.mark.parametrize("harm", [{"min_gain": -1.0}, {"min_gain": 1.0}])
def test_lines_without_text_get_it_whether_the_page_is_restored_or_passed_on(
    work_on, config_of, scan, reader, harm
) -> None:
    xml = scan.with_suffix(".xml")
    xml.write_text(ALTO)
    done, output = work_on(scan, config_of(harm, read="missing"), xml, reader)
    assert done.status == ("restored" if harm["min_gain"] < 0 else "passed")
    first, second = lines_of(output / "scan.xml")
    assert first == "by hand"
    assert second
    read_from = "the scan or the restored page" if done.status == "restored" else "the scan"
    assert f"read from {read_from}" in (output / "scan.xml").read_text()
    told = json.loads((output / f"{done.outputs[0]}.prov.json").read_text())["activity"]["pulih:batch"]["pulih:text"]
    assert (told["lines"], told["read"], told["recognizer"]) == (2, 1, reader.digest)
    assert 0 < told["confidence"] <= 1


def test_text_is_replaced_only_when_that_is_asked_for(work_on, config_of, scan, reader) -> None:
    xml = scan.with_suffix(".xml")
    xml.write_text(ALTO)
    _, output = work_on(scan, config_of({"min_gain": -1.0}, read="replace"), xml, reader)
    assert "by hand" not in lines_of(output / "scan.xml")
    assert done_without_reading(work_on, config_of, scan, xml, reader) == ["by hand", ""]


def done_without_reading(work_on, config_of, scan, xml, reader) -> list[str]:
    _, output = work_on(scan, config_of({"min_gain": -1.0}, xml=True), xml, reader)
    return lines_of(output / "scan.xml")


def test_a_page_without_xml_gets_a_page_file_that_says_how_its_lines_were_found(
    work_on, config_of, scan, reader
) -> None:
    done, output = work_on(scan, config_of({"min_gain": -1.0}, read="missing"), None, reader)
    assert done.outputs == ("scan.png", "scan.xml", "scan.png.prov.json")
    assert done.facts.text.found == BY_ROWS
    assert len(lines_of(output / "scan.xml")) == 6
    text = (output / "scan.xml").read_text()
    assert BY_ROWS in text
    assert 'imageFilename="scan.png"' in text
    assert "restored by a model" in text


def test_a_batch_reads_with_its_recognizer_and_refuses_to_without(
    batch_of, blur_restorer, reader_folder, scan, tmp_path
) -> None:
    artifacts = Artifacts(blur_restorer, reader_folder)
    batch_of(scan, harm={"min_gain": -1.0}, page={"read": "missing"}, artifacts=artifacts)
    assert any(lines_of(tmp_path / "out" / "scan.xml"))
    with pytest.raises(InputError, match="--recognizer"):
        batch_of(scan, page={"read": "missing"})
