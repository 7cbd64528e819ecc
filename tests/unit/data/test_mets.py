"""METS files: the pages of a group come out, a further group goes in, nothing else changes."""

import pytest

from pulih.common.errors import InputError
from pulih.data.mets import NewFile, identifier, is_mets, read_mets, with_group

BODY = """<?xml version="1.0" encoding="UTF-8"?>
<{p}mets xmlns{c}="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">
  <{p}metsHdr CREATEDATE="2026-11-25T12:00:00"><{p}agent TYPE="OTHER" ROLE="CREATOR"><{p}name>é</{p}name></{p}agent>
  </{p}metsHdr>
  <{p}fileSec>
    <{p}fileGrp USE="OCR-D-IMG">
      <{p}file ID="IMG_1" MIMETYPE="image/png"><{p}FLocat LOCTYPE="URL" xlink:href="https://example.org/1.png"/>
        <{p}FLocat LOCTYPE="OTHER" OTHERLOCTYPE="FILE" xlink:href="OCR-D-IMG/1.png"/></{p}file>
      <{p}file ID="IMG_2" MIMETYPE="image/png"><{p}FLocat LOCTYPE="URL" xlink:href="OCR-D-IMG/2.png"/></{p}file>
    </{p}fileGrp>
    <{p}fileGrp USE="THUMBS"><{p}file ID="T" MIMETYPE="image/jpeg"><{p}FLocat LOCTYPE="URL" xlink:href="t"/></{p}file>
    </{p}fileGrp>
  </{p}fileSec>
  <{p}structMap TYPE="PHYSICAL"><{p}div TYPE="physSequence">
    <{p}div TYPE="page" ID="PHYS_1"><{p}fptr FILEID="IMG_1"/><{p}fptr FILEID="T"/></{p}div>
    <{p}div TYPE="page" ID="PHYS_2"><{p}fptr FILEID="IMG_2"/></{p}div>
  </{p}div></{p}structMap>
</{p}mets>
"""


def document(prefix: str = "mets:") -> bytes:
    return BODY.format(p=prefix, c=f":{prefix[:-1]}" if prefix else "").encode()


def new(number: int, name: str = "new") -> NewFile:
    return NewFile(f"{name}_{number}", "image/png", f"NEW/{name}{number}.png", f"PHYS_{number}")


@pytest.mark.parametrize("prefix", ["mets:", ""])
def test_files_are_read_with_their_pages_and_local_places(prefix: str) -> None:
    mets = read_mets(document(prefix), "x")
    assert mets.pages == ("PHYS_1", "PHYS_2")
    assert [(f.key, f.href, f.page) for f in mets.of("OCR-D-IMG")] == [
        ("IMG_1", "OCR-D-IMG/1.png", "PHYS_1"),
        ("IMG_2", "OCR-D-IMG/2.png", "PHYS_2"),
    ]
    assert mets.group_to_read("", "x") == "OCR-D-IMG"
    with pytest.raises(InputError, match="THUMBS"):
        mets.group_to_read("NONE", "x")


@pytest.mark.parametrize("prefix", ["mets:", ""])
def test_a_group_is_added_with_pointers_and_takes_nothing_away(prefix: str) -> None:
    data = document(prefix)
    answer = with_group(read_mets(data, "x"), "NEW", [new(1), new(2)], "software & v1", "x")
    mets = read_mets(answer, "x")
    assert [(f.key, f.href, f.page) for f in mets.of("NEW")] == [
        ("new_1", "NEW/new1.png", "PHYS_1"),
        ("new_2", "NEW/new2.png", "PHYS_2"),
    ]
    former = read_mets(data, "x")
    assert [f for f in mets.files if f.group != "NEW"] == list(former.files)
    assert b"software &amp; v1" in answer
    # What was there stands there still, in its order.
    place = 0
    for line in data.splitlines():
        for part in line.split(b"><"):
            place = answer.index(part, place)


def test_pages_that_are_done_again_replace_theirs_and_keep_the_others() -> None:
    first = with_group(read_mets(document(), "x"), "NEW", [new(1), new(2)], "s", "x")
    second = with_group(read_mets(first, "x"), "NEW", [new(2, "again")], "s", "x")
    mets = read_mets(second, "x")
    assert [f.key for f in mets.of("NEW")] == ["new_1", "again_2"]
    assert [f.page for f in mets.of("NEW")] == ["PHYS_1", "PHYS_2"]
    assert second.count(b'fileGrp USE="NEW"') == 1
    assert second.count(b'FILEID="new_1"') == 1
    assert b"new_2" not in second
    assert with_group(mets, "NEW", [new(2, "again")], "s", "x") == second


def test_other_files_and_unknown_pages_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="METS"):
        read_mets(b'<mets xmlns="other"/>', "x")
    with pytest.raises(InputError, match="PHYS_9"):
        with_group(read_mets(document(), "x"), "NEW", [new(9)], "s", "x")
    with pytest.raises(InputError, match="fileSec"):
        with_group(read_mets(b'<mets xmlns="http://www.loc.gov/METS/"/>', "x"), "NEW", [new(1)], "s", "x")
    path = tmp_path / "mets.xml"
    path.write_bytes(document())
    assert is_mets(path)
    path.write_text("<alto/>")
    assert not is_mets(path)


def test_identifiers_are_allowed_in_xml_and_as_file_names() -> None:
    assert identifier("PHYS 0001:ä") == "PHYS_0001__"
    assert identifier("PHYS_0001") == "PHYS_0001"
    assert identifier("1") == "_1"
