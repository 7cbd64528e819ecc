"""What is written comes back: pixels, resolution, profile, pages."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms

from pulih.common.errors import UserError
from pulih.data import encoding
from pulih.data.encoding import encode_png, write_tiff
from pulih.data.images import DecodedImage, decode_image, read_pages

RAMP = np.linspace(0, 255, 40 * 60).reshape(40, 60).astype(np.uint8)


def test_colour_profile_of_rgb_is_kept_through_png_and_tiff(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    page = decode_image(encode_png(np.zeros((8, 8, 3), np.uint8), None, profile), "scan")
    write_tiff(tmp_path / "out.tif", [page])
    assert next(read_pages(tmp_path / "out.tif")).icc_profile == profile
    assert decode_image(encode_png(page.pixels, page.dpi, page.icc_profile), "scan").icc_profile == profile


def test_resolution_survives_png_and_tiff(tmp_path: Path) -> None:
    page = DecodedImage(np.repeat(RAMP[:, :, None], 3, axis=2), dpi=(600.0, 600.0))
    write_tiff(tmp_path / "out.tif", [page])
    assert next(read_pages(tmp_path / "out.tif")).dpi == pytest.approx((600, 600), rel=1e-3)
    assert decode_image(encode_png(page.pixels, page.dpi), "scan").dpi == pytest.approx((600, 600), rel=1e-3)


def test_tiff_pages_come_one_by_one_and_unchanged(tmp_path: Path) -> None:
    pages = [DecodedImage(np.full((20 + i, 30, 3), 60 * i, np.uint8), dpi=(300.0, 300.0)) for i in range(4)]
    assert write_tiff(tmp_path / "book.tif", iter(pages)) == 4
    read = list(read_pages(tmp_path / "book.tif"))
    assert [page.pixels.shape[0] for page in read] == [20, 21, 22, 23]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(read, pages, strict=True))


@pytest.mark.parametrize("size", [500, 3000])
def test_full_disk_is_said_and_leaves_no_half_written_tiff(small_disk: Path, size: int) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (size, 900, 3)).astype(np.uint8)
    with pytest.raises(UserError, match="a full disk"):
        write_tiff(small_disk / "book.tif", [DecodedImage(noise)] * 3)
    assert not list(small_disk.iterdir())


def test_more_pages_than_a_tiff_holds_are_refused_before_they_are_lost(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(encoding, "TIFF_BYTES", 100_000)
    noise = np.random.default_rng(3).integers(0, 256, (100, 100, 3)).astype(np.uint8)
    with pytest.raises(UserError, match="more after 3 pages"):
        write_tiff(tmp_path / "book.tif", [DecodedImage(noise)] * 9)
