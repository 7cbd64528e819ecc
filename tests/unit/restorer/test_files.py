"""Files in, files out: every page, its resolution, and no surprise overwriting."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import InputError
from pulih.data.encoding import encode_png, write_tiff
from pulih.data.images import DecodedImage, ImageLimits, decode_image, read_pages
from pulih.restorer.files import (
    RestoreOptions,
    find_images,
    plan_outputs,
    restore_bytes,
    restore_file,
    side_by_side,
)
from pulih.restorer.infer import Restorer


@pytest.fixture(scope="module")
def restorer(blur_restorer):
    return Restorer.load(blur_restorer, threads=1)


@pytest.fixture
def scan(tmp_path, page_of) -> Path:
    path = tmp_path / "scan.png"
    path.write_bytes(encode_png(page_of(400, 500, 10), (300.0, 300.0)))
    return path


def test_file_and_bytes_give_the_same_png(restorer, scan, tmp_path) -> None:
    options = RestoreOptions()
    result = restore_file(scan, tmp_path / "out" / "scan", restorer, options)
    answer, _ = restore_bytes(scan.read_bytes(), "scan", restorer, options.paper, options.limits)
    assert result.written == (tmp_path / "out" / "scan.png",)
    assert result.written[0].read_bytes() == answer
    assert result.pages == 1


def test_restored_file_has_the_size_and_resolution_of_the_scan(restorer, scan, tmp_path) -> None:
    for kind in ("png", "tiff"):
        path = restore_file(scan, tmp_path / "out" / "scan", restorer, RestoreOptions(format=kind)).written[0]
        page = next(read_pages(path))
        assert page.pixels.shape == (400, 500, 3)
        assert page.dpi == pytest.approx((300, 300), rel=1e-3)


def test_every_page_of_a_tiff_is_restored(restorer, tmp_path, page_of) -> None:
    source = tmp_path / "book.tif"
    write_tiff(source, (DecodedImage(page_of(300 + 20 * i, 400, 10), (200.0, 200.0)) for i in range(3)))
    whole = restore_file(source, tmp_path / "book.restored", restorer, RestoreOptions())
    assert whole.written == (tmp_path / "book.restored.tif",)
    assert [page.pixels.shape[0] for page in read_pages(whole.written[0])] == [300, 320, 340]
    single = restore_file(source, tmp_path / "page", restorer, RestoreOptions(format="png"))
    assert [path.name for path in single.written] == ["page-001.png", "page-002.png", "page-003.png"]
    for page, path in zip(read_pages(whole.written[0]), single.written, strict=True):
        assert np.array_equal(page.pixels, decode_image(path.read_bytes(), path.name).pixels)


def test_comparison_shows_the_page_before_and_after(restorer, scan, tmp_path) -> None:
    result = restore_file(scan, tmp_path / "new", restorer, RestoreOptions(comparison=True, paper="white"))
    picture = np.asarray(Image.open(result.written[1]))
    assert result.written[1].name == "new-001.comparison.png"
    assert np.array_equal(picture[:, :500], np.asarray(Image.open(scan)))
    assert np.array_equal(picture[:, -500:], np.asarray(Image.open(result.written[0])))


def test_scan_is_never_overwritten(restorer, scan, tmp_path) -> None:
    with pytest.raises(InputError, match="the scan itself"):
        restore_file(scan, tmp_path / "scan", restorer, RestoreOptions())


def test_comparison_of_a_large_page_is_reduced() -> None:
    page = np.zeros((3200, 1000, 3), np.uint8)
    assert side_by_side(page, page).shape[0] == 1600


def test_damaged_second_page_leaves_no_file_behind(restorer, tmp_path, page_of) -> None:
    source = tmp_path / "book.tif"
    small, large = page_of(200, 200, 10), page_of(300, 300, 10)
    write_tiff(source, [DecodedImage(small), DecodedImage(large), DecodedImage(small)])
    with pytest.raises(InputError, match="page 2"):
        restore_file(source, tmp_path / "out" / "book", restorer, RestoreOptions(limits=ImageLimits(max_pixels=50_000)))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["book.tif"]


def test_folder_is_replaced_by_its_images_without_former_answers(tmp_path) -> None:
    for name in ("b.jpg", "a.TIF", "notes.txt", "a.restored.png"):
        (tmp_path / name).touch()
    assert [path.name for path in find_images([tmp_path])] == ["a.TIF", "b.jpg"]


def test_folder_without_images_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="images in the folder"):
        find_images([tmp_path])


def test_outputs_lie_beside_the_sources_or_in_the_folder() -> None:
    sources = [Path("a/1.jpg"), Path("b/2.png")]
    assert plan_outputs(sources, None)[sources[0]] == Path("a/1.restored")
    assert plan_outputs(sources, Path("out"))[sources[1]] == Path("out/2.restored")


def test_two_sources_of_one_name_are_refused_before_any_work() -> None:
    with pytest.raises(InputError, match="both become"):
        plan_outputs([Path("a/1.jpg"), Path("b/1.jpg")], Path("out"))
