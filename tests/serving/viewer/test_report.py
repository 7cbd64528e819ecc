"""The report of a batch in a real browser: opened from the disk, with the viewer's comparison in it."""

import cv2
import numpy as np
import pytest

from pulih.batch.batch import FOLDER, Artifacts, run_batch
from pulih.batch.config import BatchConfig
from pulih.common.config import build_config
from pulih.data.encoding import encode_png

pytestmark = pytest.mark.timeout(900)  # server and browser start within the first test
ONE = "[data-compare]"


@pytest.fixture(scope="module")
def report(blur_restorer, openseadragon_script, tmp_path_factory):
    place = tmp_path_factory.mktemp("archive")
    (place / "scans").mkdir()
    page = np.full((1800, 1400, 3), (225, 210, 180), np.uint8)
    for base in range(120, 1700, 130):
        cv2.putText(page, "an evening on the river", (90, base), cv2.FONT_HERSHEY_COMPLEX, 2.6, (95, 60, 30), 5)
    (place / "scans" / "a page.png").write_bytes(encode_png(page))
    config = build_config(BatchConfig, {"workers": 1, "page": {"harm": {"min_confidence": 0.05}, "confidence": True}})
    run_batch(config, str(place / "scans"), place / "out", Artifacts(blur_restorer))
    return place / "out" / FOLDER / "report.html"


def whole_page(page) -> float:
    """The zoom at which all of a page is seen, in per cent of the picture's own pixels."""
    page.wait_for_timeout(700)
    return float(page.inner_text(".pv-scale").removesuffix("%"))


def test_pages_are_compared_from_the_disk_at_full_resolution(open_page, report) -> None:
    page = open_page(report.as_uri())
    page.locator(ONE).first.scroll_into_view_if_needed()
    page.wait_for_selector(".pv-scale:not(:empty)")
    page.locator(".openseadragon-canvas").first.focus()
    page.keyboard.press("3")
    assert page.locator(ONE).first.get_attribute("data-mode") == "difference"
    small = whole_page(page)
    page.click(".full")
    page.wait_for_selector(".full", state="detached")
    page.wait_for_selector(".pv-scale:not(:empty)")
    # The same page at the same size is a smaller share of more pixels: 1100 of 1800 rows were in the small picture.
    assert whole_page(page) == pytest.approx(small * 1100 / 1800, rel=0.06)
    # The map of confidence stays the small one, laid over the large pictures.
    page.locator(".openseadragon-canvas").first.focus()
    page.keyboard.press("4")
    assert page.locator(ONE).first.get_attribute("data-mode") == "confidence"


def test_files_that_moved_leave_the_small_pictures(open_page, report, tmp_path) -> None:
    (tmp_path / "report.html").write_bytes(report.read_bytes())
    page = open_page((tmp_path / "report.html").as_uri(), may_say="ERR_FILE_NOT_FOUND")
    page.locator(ONE).first.scroll_into_view_if_needed()
    page.wait_for_selector(".pv-scale:not(:empty)")
    page.click(".full")
    page.wait_for_selector("text=not where they were")
    page.wait_for_selector(".pv-scale:not(:empty)")
