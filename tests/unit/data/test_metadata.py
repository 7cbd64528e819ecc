"""EXIF and bit depth of scans: what describes the page is carried on, what describes the file is not."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from pulih.data.encoding import encode_jpeg, encode_own_png, encode_png, write_tiff
from pulih.data.images import DecodedImage, decode_image, read_pages

TITLE = "folio 12, recto é".encode()
TAKEN = {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05", ExifTags.Base.ExifImageWidth: 40}


def scan(orientation: int) -> DecodedImage:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = TITLE
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.IFD.Exif] = TAKEN
    buffer = io.BytesIO()
    Image.fromarray(np.full((30, 40, 3), 200, np.uint8)).save(buffer, "JPEG", exif=exif, dpi=(300, 300))
    return decode_image(buffer.getvalue(), "scan")


def exif_of(data: bytes) -> Image.Exif:
    return Image.open(io.BytesIO(data)).getexif()


def test_entries_about_the_page_are_kept_and_orientation_is_not() -> None:
    page = scan(6)
    for data in (encode_png(page.pixels, exif=page.exif), encode_own_png(page), encode_jpeg(page, 90)):
        exif = exif_of(data)
        assert exif[ExifTags.Base.ImageDescription].encode("latin-1") == TITLE
        assert ExifTags.Base.Orientation not in exif
        assert exif.get_ifd(ExifTags.IFD.Exif) == {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05"}


def test_an_upright_page_keeps_its_sizes_and_a_tiff_its_first_directory(tmp_path: Path) -> None:
    page = scan(1)
    assert exif_of(encode_own_png(page)).get_ifd(ExifTags.IFD.Exif) == TAKEN
    write_tiff(tmp_path / "page.tif", [page])
    exif = exif_of((tmp_path / "page.tif").read_bytes())
    assert exif[ExifTags.Base.ImageDescription].encode("latin-1") == TITLE
    assert exif[256] == 40


def test_a_broken_block_costs_no_page() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode_image(buffer.getvalue(), "scan").exif is None


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize(("shape", "grey"), [((20, 30), True), ((20, 30, 3), False)])
def test_sixteen_bits_are_told(tmp_path: Path, suffix: str, shape: tuple[int, ...], grey: bool) -> None:
    cv2.imwrite(str(tmp_path / f"deep.{suffix}"), np.full(shape, 40000, np.uint16))
    page = next(read_pages(tmp_path / f"deep.{suffix}"))
    assert (page.bits, page.grey) == (16, grey)
    assert np.abs(page.pixels.astype(int) - 40000 / 257).max() <= 1


def test_black_and_white_is_told_and_grey_pages_stay_grey(tmp_path: Path) -> None:
    Image.fromarray(np.eye(16) > 0).save(tmp_path / "two.png")
    page = next(read_pages(tmp_path / "two.png"))
    assert (page.bits, page.grey) == (1, True)
    assert Image.open(io.BytesIO(encode_own_png(page))).mode == "L"
    cut = Image.open(io.BytesIO(encode_own_png(page, "bilevel")))
    assert cut.mode == "1"
    assert np.array_equal(np.asarray(cut), np.eye(16) > 0)
    write_tiff(tmp_path / "two.tif", [page], "bilevel")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "two.tif")), np.eye(16) > 0)


def test_a_page_with_tones_among_black_and_white_ones_keeps_them(tmp_path: Path) -> None:
    """A scan that is passed on would become a black sheet where its paper is darker than any fixed level."""
    scan = np.full((16, 16, 3), (110, 90, 60), np.uint8)
    cut = np.where(np.eye(16)[..., None] > 0, 0, 255).astype(np.uint8).repeat(3, axis=2)
    write_tiff(tmp_path / "both.tif", [DecodedImage(cut), DecodedImage(scan), DecodedImage(scan, grey=True)], "bilevel")
    with Image.open(tmp_path / "both.tif") as file:
        modes, pixels = [], []
        for place in range(3):
            file.seek(place)
            modes.append(file.mode)
            pixels.append(np.asarray(file).copy())
    assert modes == ["1", "RGB", "L"]
    assert np.array_equal(pixels[0], cut[..., 0] > 0)
    assert np.array_equal(pixels[1], scan)
