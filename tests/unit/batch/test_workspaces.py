"""A METS workspace: its pages are restored into a new file group that OCR-D finds valid."""

import json
import os
import sys
from pathlib import Path

import pytest

from pulih.batch.batch import Artifacts
from pulih.batch.workspaces import mets_sources
from pulih.batch.xmlfiles import read_xml
from pulih.common.errors import InputError
from pulih.data.encoding import encode_png
from pulih.data.mets import PAGE_TYPE, read_mets
from pulih.data.pagexml import image_of

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<mets:mets xmlns:mets="http://www.loc.gov/METS/" xmlns:mods="http://www.loc.gov/mods/v3"
 xmlns:xlink="http://www.w3.org/1999/xlink">
  <mets:metsHdr CREATEDATE="2026-11-25T12:00:00"/>
  <mets:dmdSec ID="DMD"><mets:mdWrap MDTYPE="MODS"><mets:xmlData><mods:mods>
    <mods:identifier type="purl">volume-1</mods:identifier></mods:mods></mets:xmlData></mets:mdWrap></mets:dmdSec>
  <mets:fileSec><mets:fileGrp USE="OCR-D-IMG">"""


@pytest.fixture
def workspace(tmp_path, draw_page):
    """Three pages in a workspace."""
    root = tmp_path / "workspace"
    (root / "OCR-D-IMG").mkdir(parents=True)
    files, pages = [], []
    for number in (1, 2, 3):
        (root / f"OCR-D-IMG/p{number}.png").write_bytes(encode_png(draw_page(seed=number), (300.0, 300.0)))
        place = f'LOCTYPE="OTHER" OTHERLOCTYPE="FILE" xlink:href="OCR-D-IMG/p{number}.png"'
        files.append(f'<mets:file ID="IMG_{number}" MIMETYPE="image/png"><mets:FLocat {place}/></mets:file>')
        pages.append(f'<mets:div TYPE="page" ID="PHYS_{number}"><mets:fptr FILEID="IMG_{number}"/></mets:div>')
    body = f"{HEAD}{''.join(files)}</mets:fileGrp></mets:fileSec><mets:structMap TYPE='PHYSICAL'>"
    end = f"<mets:div TYPE='physSequence'>{''.join(pages)}</mets:div></mets:structMap></mets:mets>"
    (root / "mets.xml").write_text(body + end)
    return root


def run(workspace, blur_restorer, **values):
    from pulih.batch.batch import run_batch
    from pulih.batch.config import BatchConfig

    page = {"harm": {"min_confidence": 0.05}} | values.pop("page", {})
    output = workspace / values.pop("output", "OCR-D-PULIH")
    config = BatchConfig.model_validate({"workers": 1, "page": page, **values})
    return run_batch(config, str(workspace / "mets.xml"), output, Artifacts(blur_restorer))


def test_every_page_gets_an_image_and_a_page_file_in_the_new_group(workspace, blur_restorer) -> None:
    run(workspace, blur_restorer, page={"mode": "binary"})
    mets = read_mets((workspace / "mets.xml").read_bytes(), "mets.xml")
    assert len(mets.of("OCR-D-IMG")) == 3
    group = mets.of("OCR-D-PULIH")
    assert [(file.key, file.mimetype, file.page) for file in group[:2]] == [
        ("OCR-D-PULIH_PHYS_1_IMG", "image/png", "PHYS_1"),
        ("OCR-D-PULIH_PHYS_1", PAGE_TYPE, "PHYS_1"),
    ]
    assert all((workspace / file.href).is_file() for file in group)
    assert len(group) == 6
    xml = workspace / "OCR-D-PULIH" / "OCR-D-PULIH_PHYS_1.xml"
    assert image_of(xml.read_bytes(), "x") == "OCR-D-IMG/p1.png"
    text = xml.read_text()
    assert 'filename="OCR-D-PULIH/OCR-D-PULIH_PHYS_1.png"' in text
    # OCR-D knows these words alone, so the rest is said in the metadata.
    assert 'comments="despeckled,binarized"' in text
    assert 'value="restored by a model: Pulih' in text


def test_a_group_of_page_files_is_read_with_the_images_that_they_name(workspace, blur_restorer) -> None:
    run(workspace, blur_restorer)
    run(workspace, blur_restorer, group="OCR-D-PULIH", pages="PHYS_2..PHYS_3", output="OCR-D-AGAIN")
    mets = read_mets((workspace / "mets.xml").read_bytes(), "mets.xml")
    assert [file.page for file in mets.of("OCR-D-AGAIN") if file.mimetype == PAGE_TYPE] == ["PHYS_2", "PHYS_3"]
    layout = read_xml(workspace / "OCR-D-AGAIN" / "OCR-D-AGAIN_PHYS_2.xml")
    names = [c.attributes["filename"] for c in layout.markup.child("Page").children if c.name == "AlternativeImage"]
    assert names == ["OCR-D-PULIH/OCR-D-PULIH_PHYS_2.png", "OCR-D-AGAIN/OCR-D-AGAIN_PHYS_2.png"]
    before = (workspace / "mets.xml").read_bytes()
    assert run(workspace, blur_restorer).progress.before == 3
    assert (workspace / "mets.xml").read_bytes() == before


def test_what_cannot_be_used_is_told_before_anything_is_done(workspace, tmp_path) -> None:
    mets = workspace / "mets.xml"
    with pytest.raises(InputError, match="in the workspace"):
        mets_sources(mets, "", "", tmp_path / "elsewhere")
    with pytest.raises(InputError, match="of its own"):
        mets_sources(mets, "", "", workspace / "OCR-D-IMG")
    with pytest.raises(InputError, match="PHYS_9"):
        mets_sources(mets, "", "PHYS_9", workspace / "NEW")
    mets.write_text(mets.read_text().replace("OCR-D-IMG/p2.png", "../secret.png"))
    (tmp_path / "secret.png").write_bytes(b"x")
    with pytest.raises(InputError, match="within the workspace"):
        mets_sources(mets, "", "", workspace / "NEW")
    (workspace / "OCR-D-IMG" / "p1.png").unlink()
    with pytest.raises(InputError, match="--download"):
        mets_sources(mets, "", "", workspace / "NEW")


@pytest.mark.ocrd
def test_ocr_d_runs_the_processor_and_finds_the_workspace_valid(workspace, blur_restorer, ocrd, monkeypatch) -> None:
    programs = workspace.parent / "bin"
    programs.mkdir()
    program = programs / "ocrd-pulih-restore"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pulih.cli.ocrd "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    tool = Path(__file__).parents[3] / "src" / "pulih" / "cli" / "ocrd-tool.json"
    assert "valid" in ocrd("ocrd", "ocrd-tool", tool, "validate").stdout
    settings = json.dumps({"page": {"harm": {"min_confidence": 0.05}}})
    task = (
        f"pulih-restore -I OCR-D-IMG -O OCR-D-PULIH -P workers 1 -P restorer {blur_restorer} -P settings '{settings}'"
    )
    ocrd("ocrd", "process", "-m", workspace / "mets.xml", task, cwd=workspace)
    found = ocrd("ocrd", "workspace", "find", "-G", "OCR-D-PULIH", "-k", "pageId", "-k", "mimetype", cwd=workspace)
    assert found.stdout.split() == ["PHYS_1", "image/png", "PHYS_1", PAGE_TYPE] + [
        word for page in (2, 3) for word in (f"PHYS_{page}", "image/png", f"PHYS_{page}", PAGE_TYPE)
    ]
    report = ocrd("ocrd", "workspace", "validate", "mets.xml", cwd=workspace)
    assert "<error>" not in report.stdout
    assert 'valid="true"' in report.stdout
    # A processor of OCR-D takes its image from what this one wrote.
    ocrd("ocrd-dummy", "-m", "mets.xml", "-I", "OCR-D-PULIH", "-O", "OCR-D-DUMMY", cwd=workspace)
