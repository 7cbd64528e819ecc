"""Decoding of good, odd and hostile image bytes."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import InputError
from pulih.data.encoding import write_tiff
from pulih.data.images import DecodedImage, ImageLimits, decode_image, decode_pages, read_pages

RAMP = np.linspace(0, 255, 40 * 60).reshape(40, 60).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    """Write a grey PNG whose header claims any size, without Pillow."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_image_comes_back_as_equal_rgb_channels(kind: str) -> None:
    pixels = decode_image(saved(Image.fromarray(RAMP), kind), "scan").pixels
    assert pixels.shape == (40, 60, 3)
    assert all(np.array_equal(pixels[:, :, channel], RAMP) for channel in range(3))


def test_jpeg_keeps_colour_within_its_loss() -> None:
    colour = np.broadcast_to(np.array([180, 120, 60], np.uint8), (32, 32, 3))
    pixels = decode_image(saved(Image.fromarray(colour), "JPEG", quality=95), "scan").pixels
    assert np.abs(pixels.astype(int) - colour).max() <= 3


def test_one_bit_image_becomes_black_and_white() -> None:
    pixels = decode_image(saved(Image.fromarray(RAMP > 127), "TIFF"), "scan").pixels
    assert np.array_equal(pixels[:, :, 0], np.where(RAMP > 127, 255, 0))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_cut(kind: str) -> None:
    deep = RAMP.astype(np.uint16) * 257
    assert np.array_equal(decode_image(saved(Image.fromarray(deep), kind), "scan").pixels[:, :, 1], RAMP)


def test_sixteen_bit_tiff_with_white_as_zero_is_inverted() -> None:
    data = bytearray(saved(Image.fromarray(RAMP.astype(np.uint16) * 257), "TIFF"))
    entry = data.index(struct.pack("<HHI", 262, 3, 1))
    data[entry + 8 : entry + 10] = struct.pack("<H", 0)
    assert np.array_equal(decode_image(bytes(data), "scan").pixels[:, :, 0], 255 - RAMP)


def test_cmyk_is_turned_into_rgb() -> None:
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    assert decode_image(saved(cyan, "TIFF"), "scan").pixels[0, 0].tolist() == [0, 255, 255]


def test_palette_is_resolved() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    assert decode_image(saved(image, "PNG"), "scan").pixels[0, 0].tolist() == [200, 100, 50]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_on_white(mode: str) -> None:
    pixels = decode_image(saved(Image.new("RGBA", (4, 4), (0, 0, 0, 0)).convert(mode), "PNG"), "scan").pixels
    assert (pixels == 255).all()


def test_transparent_palette_entry_lies_on_white() -> None:
    data = saved(Image.new("P", (4, 4), 0), "PNG", transparency=0)
    assert (decode_image(data, "scan").pixels == 255).all()


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})])
def test_exif_rotation_is_applied_and_resolution_turned_with_it(kind: str, options: dict[str, str]) -> None:
    image = Image.fromarray(np.where(np.arange(64)[None, :] < 32, 0, 255).astype(np.uint8).repeat(16, axis=0))
    exif = Image.Exif()
    exif[274] = 6
    decoded = decode_image(saved(image, kind, exif=exif, dpi=(300, 150), **options), "scan")
    assert decoded.pixels.shape == (64, 16, 3)
    assert decoded.pixels[:24].max() < 20
    assert decoded.pixels[40:].min() > 235
    assert decoded.dpi == pytest.approx((150, 300))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_exif_does_not_cost_the_picture() -> None:
    data = saved(Image.fromarray(RAMP), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert decode_image(data, "scan").pixels.shape == (40, 60, 3)


def test_thumbnail_inside_a_tiff_is_not_a_page() -> None:
    thumbnail = Image.fromarray(RAMP[::4, ::4])
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    data = saved(Image.fromarray(RAMP), "TIFF", save_all=True, append_images=[thumbnail])
    assert len(list(decode_pages(data, "scan"))) == 1


def test_single_page_reader_refuses_several_pages(tmp_path: Path) -> None:
    write_tiff(tmp_path / "book.tif", [DecodedImage(np.zeros((8, 8, 3), np.uint8))] * 2)
    with pytest.raises(InputError, match="several pages"):
        decode_image((tmp_path / "book.tif").read_bytes(), "book.tif")


def test_page_count_is_limited(tmp_path: Path) -> None:
    write_tiff(tmp_path / "book.tif", [DecodedImage(np.zeros((8, 8, 3), np.uint8))] * 3)
    with pytest.raises(InputError, match="more than 2 pages"):
        list(read_pages(tmp_path / "book.tif", ImageLimits(max_pages=2)))


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (12_000, 12_000), (25_000, 2), (2**31 - 1, 2**31 - 1)])
def test_oversized_header_is_refused_before_decoding(width: int, height: int) -> None:
    with pytest.raises(InputError, match="within"):
        decode_image(png_of(width, height), "bomb.png")


def test_a3_page_at_600_dpi_is_admitted() -> None:
    data = saved(Image.new("1", (7016, 9921), 1), "PNG")
    assert decode_image(data, "a3.png").pixels.shape == (9921, 7016, 3)


def test_file_larger_than_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(2**34)
    with pytest.raises(InputError, match="within 536,870,912 bytes"):
        next(read_pages(tmp_path / "huge.tif"))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "empty file"),
        (b"Dear sir,\nthis is not a picture.", "a text file"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"\x00\x01\x02\x03\xff\xfe", "a file of another kind"),
        (png_of(0, 10), "a PNG file with a broken header"),
        (png_of(10, 10, b"\0" * 20), "damaged data"),
        (png_of(10, 10, b"9" * 110), "damaged data"),
        (saved(Image.fromarray(RAMP), "PNG")[:-30], "damaged data"),
        (saved(Image.fromarray(RAMP), "JPEG")[:-80], "damaged data"),
        (saved(Image.fromarray(RAMP), "TIFF")[:-300], "damaged data"),
        (saved(Image.fromarray(RAMP.astype(np.float32)), "TIFF"), "pixels of the kind 'F'"),
        (saved(Image.fromarray(RAMP), "GIF"), "a GIF image"),
    ],
)
def test_unusable_bytes_are_named_with_the_file_and_a_way_out(data: bytes, found: str) -> None:
    with pytest.raises(InputError, match=found) as caught:
        decode_image(data, "letters/017.png")
    assert "letters/017.png" in caught.value.expected
    assert caught.value.fix


def test_missing_file_and_folder_are_the_users_fault(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(InputError, match="an image file at"):
            next(read_pages(path))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_damaged_bytes_never_raise_anything_but_input_error(kind: str) -> None:
    whole = saved(Image.fromarray(RAMP), kind)
    random = np.random.default_rng(1791)
    limits = ImageLimits(max_pixels=1_000_000, max_side=2000)
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for position in random.integers(0, len(data), 4):
            data[position] = random.integers(256)
        try:
            list(decode_pages(bytes(data), "scan", limits))
        except InputError:
            refused += 1
    assert refused > 5
