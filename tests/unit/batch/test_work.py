"""One file through the workshop: what is written, what is kept, what is told."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from pulih.batch.confidence import UNSURE
from pulih.common.errors import InputError
from pulih.data.encoding import encode_jpeg, write_tiff
from pulih.data.images import DecodedImage
from pulih.data.manifest import file_sha256
from pulih.restorer.contract import INK_BELOW
from pulih.restorer.infer import Restorer

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ALTO = """<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>pixel</MeasurementUnit>
</Description><Layout><Page ID="p" PHYSICAL_IMG_NR="0" WIDTH="340" HEIGHT="260"/></Layout></alto>"""


@pytest.fixture
def scan(tmp_path, page):
    exif = Image.Exif()
    exif[0x010E] = b"folio 12"
    path = tmp_path / "scan.jpg"
    path.write_bytes(encode_jpeg(DecodedImage(page, (300.0, 300.0), PROFILE, exif.tobytes()), 95))
    return path


@pytest.fixture
def grainy_scan(tmp_path, page):
    """A scan whose blue channel is noisy, so that the network sees its luminance."""
    noise = np.random.default_rng(0).normal(0, 6, page.shape[:2])
    page[:, :, 2] = np.clip(page[:, :, 2] + noise, 0, 255)
    (tmp_path / "scan.jpg").write_bytes(encode_jpeg(DecodedImage(page), 95))
    return tmp_path / "scan.jpg"


def provenance(output, name):
    return json.loads((output / f"{name}.prov.json").read_text())


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_resolution_profile_and_description_are_kept(work_on, config_of, scan, suffix: str) -> None:
    done, output = work_on(scan, config_of(format={"tif": "tiff", "jpg": "jpeg"}.get(suffix, suffix)))
    assert done.status == "restored"
    answer = Image.open(output / f"scan.{suffix}")
    assert answer.size == (340, 260)
    assert answer.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
    assert answer.info["icc_profile"] == PROFILE
    assert answer.getexif()[0x010E] == "folio 12"
    assert {"resolution", "colour profile"} < set(done.facts.kept)


def test_provenance_names_input_output_model_and_decision(work_on, config_of, scan) -> None:
    _, output = work_on(scan, config_of())
    told = provenance(output, "scan.png")
    assert told["entity"]["pulih:input"]["pulih:sha256"] == file_sha256(scan)
    assert told["entity"]["pulih:output"]["pulih:sha256"] == file_sha256(output / "scan.png")
    assert told["entity"]["pulih:output"]["pulih:restoredByModel"] is True
    assert told["entity"]["pulih:model"]["pulih:digest"] == "0123456789ab"
    assert told["activity"]["pulih:batch"]["pulih:parameters"]["mode"] == "keep-paper"
    related = {
        value for relation in ("used", "wasGeneratedBy") for r in told[relation].values() for value in r.values()
    }
    assert related <= {*told["entity"], *told["activity"]}


def test_a_page_below_the_threshold_passes_on_byte_for_byte(work_on, config_of, scan, wary) -> None:
    done, output = work_on(scan, config_of(wary))
    assert done.status == "passed"
    assert (output / "scan.jpg").read_bytes() == scan.read_bytes()
    assert not (output / "scan.png").exists()
    told = provenance(output, "scan.jpg")
    assert told["entity"]["pulih:output"]["pulih:restoredByModel"] is False
    decision = told["activity"]["pulih:batch"]["pulih:pages"][0]
    assert decision["criterion"] == "network confidence"
    assert decision["value"] < decision["threshold"] == 0.99


def test_paper_is_kept_or_made_white_or_cut_to_two_levels(work_on, config_of, grainy_scan) -> None:
    corner = {}
    for mode in ("keep-paper", "clean-paper", "binary"):
        _, output = work_on(grainy_scan, config_of(mode=mode))
        corner[mode] = Image.open(output / "scan.png")
    assert corner["binary"].mode == "1"
    assert 0.02 < 1 - np.asarray(corner["binary"]).mean() < 0.4
    kept, white = (np.asarray(corner[mode])[3, 3].astype(int) for mode in ("keep-paper", "clean-paper"))
    assert kept[0] - kept[2] > 25
    assert np.ptp(white) < 6


def test_a_binary_page_is_cut_where_ground_truths_have_the_edge_of_ink(
    work_on, config_of, grainy_scan, blur_restorer
) -> None:
    _, output = work_on(grainy_scan, config_of(mode="binary"))
    page = cv2.cvtColor(cv2.imread(str(grainy_scan)), cv2.COLOR_BGR2RGB)
    luminance = Restorer.load(blur_restorer, 1).restore_page(page, "white").luminance
    assert np.array_equal(np.asarray(Image.open(output / "scan.png")), luminance >= INK_BELOW)
    assert ((luminance >= INK_BELOW) != (luminance >= 128)).any()


def test_sixteen_grey_bits_become_eight_and_it_is_said(work_on, config_of, page, tmp_path) -> None:
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), cv2.cvtColor(page, cv2.COLOR_RGB2GRAY).astype(np.uint16) * 257)
    done, output = work_on(path, config_of())
    assert done.facts.note == "16 bits per channel came in, 8 were written"
    assert Image.open(output / "deep.png").mode == "L"
    entities = provenance(output, "deep.png")["entity"]
    assert [entities[e]["pulih:bitsPerChannel"] for e in ("pulih:input", "pulih:output")] == [16, 8]


def test_a_file_of_several_pages_stays_one_and_its_blank_page_is_left(work_on, config_of, page, tmp_path) -> None:
    blank = np.full_like(page, 245)
    write_tiff(tmp_path / "book.tif", [DecodedImage(page), DecodedImage(blank), DecodedImage(page)])
    done, output = work_on(tmp_path / "book.tif", config_of(format="png"))
    assert done.outputs[0] == "book.tif"
    assert [facts.restored for facts in done.facts.pages] == [True, False, True]
    with Image.open(output / "book.tif") as book:
        assert book.n_frames == 3
        book.seek(1)
        assert np.array_equal(np.asarray(book), blank)


def test_where_the_network_was_unsure_is_written_on_request(work_on, config_of, scan, wary) -> None:
    done, output = work_on(scan, config_of(confidence=True))
    assert done.outputs[:2] == ("scan.png", "scan.confidence.png")
    with Image.open(output / "scan.confidence.png") as unsure, Image.open(scan) as page:
        assert unsure.mode == "RGBA"
        assert unsure.width / unsure.height == pytest.approx(page.width / page.height, rel=0.02)
        colours, opacity = np.split(np.asarray(unsure), [3], axis=2)
    assert (colours == UNSURE).all()
    assert np.ptp(opacity) > 64
    assert "scan.confidence.png" not in work_on(scan, config_of())[0].outputs
    assert work_on(scan, config_of(wary, confidence=True))[0].outputs == ("scan.jpg", "scan.jpg.prov.json")


def test_pages_of_one_file_have_a_map_each_but_for_those_that_pass_on(work_on, config_of, page, tmp_path) -> None:
    pages = [DecodedImage(page), DecodedImage(np.full_like(page, 245)), DecodedImage(page)]
    write_tiff(tmp_path / "several.tif", pages)
    done, _ = work_on(tmp_path / "several.tif", config_of(confidence=True))
    assert done.outputs[1:3] == ("several-1.confidence.png", "several-3.confidence.png")


def test_xml_goes_along_with_the_restored_page_and_unchanged_with_a_passed_one(work_on, config_of, scan, wary) -> None:
    xml = scan.with_suffix(".xml")
    xml.write_text(ALTO)
    done, output = work_on(scan, config_of(xml=True), xml)
    assert done.outputs == ("scan.png", "scan.xml", "scan.png.prov.json")
    assert "restored by a model: scan.png" in (output / "scan.xml").read_text()
    work_on(scan, config_of(wary, xml=True), xml)
    assert (output / "scan.xml").read_text() == ALTO


@pytest.mark.parametrize("content", ["<html/>", "no xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_a_page_with_unusable_xml_fails_and_leaves_nothing(work_on, config_of, scan, tmp_path, content: str) -> None:
    xml = scan.with_suffix(".xml")
    xml.write_text(content)
    with pytest.raises(InputError):
        work_on(scan, config_of(xml=True), xml)
    assert not list((tmp_path / "answers").rglob("*"))


def test_a_file_that_changed_since_it_was_listed_is_refused(work_on, config_of, scan) -> None:
    with pytest.raises(InputError, match="other content"):
        work_on(scan, config_of(), sha256="0" * 64)
