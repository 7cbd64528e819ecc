import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import Interrupted
from pulih.common.interrupt import StopFlag
from pulih.drift.archive import read_archive
from pulih.drift.descriptors.page import describe
from pulih.drift.reading import Broken, Page, describe_scan, start_readers


@pytest.fixture
def folder(write_scans, draw):
    return write_scans({f"{i}.png": draw.small_page(i) for i in range(5)})


def scans_of(folder):
    return read_archive(folder, "mine", 100, 0).scans


def test_processes_describe_as_this_process_does_and_in_order(folder):
    expected = [describe(np.asarray(Image.open(scan.path))) for scan in scans_of(folder)]
    with start_readers(2, StopFlag()) as readers:
        found = list(readers.describe(scans_of(folder)))
    assert [page.scan for (page,) in found] == list(scans_of(folder))
    for (page,), values in zip(found, expected, strict=True):
        assert page.values == pytest.approx(values, nan_ok=True)


def test_pages_of_a_tiff_have_identities_of_their_own(tmp_path, draw):
    pages = [Image.fromarray(draw.small_page(i)) for i in range(2)]
    pages[0].save(tmp_path / "two.tif", save_all=True, append_images=pages[1:])
    first, second = describe_scan(scans_of(tmp_path)[0])
    assert (first.position, second.position) == (1, 2)
    assert second.page_id == f"{first.page_id}-2"
    assert second.name == "two.tif, page 2"
    assert first.values != second.values


def test_broken_scans_are_noted_with_the_reason(folder, tmp_path):
    whole = (folder / "0.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("this is no image")
    (folder / "empty.jpg").write_bytes(b"")
    Image.new("RGB", (30, 20)).save(folder / "tiny.png")
    with start_readers(1, StopFlag()) as readers:
        found = {item.name: item for items in readers.describe(scans_of(folder)) for item in items}
    assert {name for name, item in found.items() if isinstance(item, Broken)} == {
        "cut.png", "text.png", "empty.jpg", "tiny.png",
    }  # fmt: skip
    assert "0 bytes" in found["empty.jpg"].reason
    assert "30 x 20" in found["tiny.png"].reason
    assert isinstance(found["0.png"], Page)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_is_heeded_between_scans(folder, workers):
    stop = StopFlag()

    def describe_until_stopped(readers):
        for _ in readers.describe(scans_of(folder)):
            assert not stop.requested
            stop.request()

    with pytest.raises(Interrupted, match="run the same command again"), start_readers(workers, stop) as readers:
        describe_until_stopped(readers)
