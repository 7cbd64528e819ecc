"""The viewer as its readers meet it: a real browser, keys and pointer."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from pulih.data.images import decode_image

pytestmark = pytest.mark.timeout(900)  # server and browser start within the first test
HANDLE, PICTURE = ".pv-cut", ".openseadragon-canvas"


def encoded(scan: bytes, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(scan)).save(buffer, kind)
    return buffer.getvalue()


def stage_of(page) -> np.ndarray:
    page.wait_for_timeout(700)
    shot = page.locator(".pv-canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def per_cent(text: str) -> int:
    return int(text.removesuffix("%"))


def downloaded(page, number: int) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        # Playwright's own click waits for a navigation that a download is not.
        page.locator(f"#downloads li:nth-child({number}) a").evaluate("link => link.click()")
    with open(waiting.value.path(), "rb") as file:  # noqa: PTH123 - a path of the browser
        return waiting.value.suggested_filename, file.read()


def test_a_scan_comes_back_restored_with_its_provenance(viewer, give, scan, local) -> None:
    page = give(viewer(), scan, "letter.png")
    name, png = downloaded(page, 1)
    assert (name, png) == ("letter.restored.png", local["keep"])
    name, document = downloaded(page, 2)
    assert name == "letter.restored.png.prov.json"
    assert json.loads(document)["entity"]["pulih:input"]["prov:label"] == "letter.png"
    assert "560 \N{MULTIPLICATION SIGN} 420" in page.inner_text("#facts")


def test_the_line_divides_scan_and_restored_and_moves_by_keys_and_pointer(viewer, give, scan) -> None:
    page = give(viewer(), scan)
    handle = page.locator(HANDLE)
    pictures = {}
    handle.focus()
    for key, value in (("End", "100"), ("Home", "0")):
        page.keyboard.press(key)
        assert handle.get_attribute("aria-valuenow") == value
        pictures[value] = stage_of(page)
    page.keyboard.press("ArrowRight")
    assert handle.get_attribute("aria-valuenow") == "2"
    frame = page.locator(".pv-stage").bounding_box()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] / 2, box["y"] + 40, steps=4)
    page.mouse.up()
    assert handle.get_attribute("aria-valuenow") == "50"
    mixed, middle = stage_of(page), pictures["0"].shape[1] // 2
    left, right = np.s_[60:, : middle - 30], np.s_[60:, middle + 30 :]
    assert np.abs(pictures["0"] - pictures["100"]).mean() > 0.2
    assert np.abs(mixed[left] - pictures["100"][left]).mean() < 0.02
    assert np.abs(mixed[right] - pictures["0"][right]).mean() < 0.02


def test_keys_choose_the_comparison_zoom_and_move(viewer, give, scan) -> None:
    page = give(viewer(), scan)
    compare, scale = page.locator("#compare"), page.locator(".pv-scale")
    page.locator(PICTURE).first.focus()
    whole = scale.inner_text()
    for key, mode in (("2", "blink"), ("3", "difference"), ("4", "confidence"), ("1", "slider")):
        page.keyboard.press(key)
        assert compare.get_attribute("data-mode") == mode
    page.keyboard.press("+")
    page.wait_for_timeout(700)
    assert scale.inner_text() != whole
    before = stage_of(page)
    page.keyboard.press("ArrowDown")
    assert np.abs(stage_of(page) - before).mean() > 0.5
    page.keyboard.press("0")
    page.wait_for_timeout(700)
    assert per_cent(scale.inner_text()) == pytest.approx(per_cent(whole), abs=3)
    page.locator('input[value="slider"]').focus()
    page.keyboard.press("ArrowRight")
    assert compare.get_attribute("data-mode") == "blink"


def test_blinking_takes_turns_until_space_stops_it(viewer, give, scan) -> None:
    page = give(viewer(), scan)
    compare = page.locator("#compare")
    page.locator(PICTURE).first.focus()
    page.keyboard.press("2")
    page.wait_for_selector("#compare[data-shows=before]")
    page.wait_for_selector("#compare[data-shows=after]")
    page.keyboard.press(" ")
    shown = compare.get_attribute("data-shows")
    page.wait_for_timeout(2000)
    assert compare.get_attribute("data-shows") == shown
    page.keyboard.press(" ")
    assert compare.get_attribute("data-shows") != shown


def test_who_wants_no_motion_gets_no_blinking(viewer, give, scan) -> None:
    page = give(viewer(reduced_motion="reduce"), scan)
    page.locator(PICTURE).first.focus()
    page.keyboard.press("2")
    page.wait_for_timeout(2000)
    assert page.locator("#compare").get_attribute("data-shows") == "after"


def test_difference_shows_how_much_was_changed(viewer, give, scan, local) -> None:
    page = give(viewer(), scan)
    page.locator(PICTURE).first.focus()
    page.keyboard.press("3")
    picture = stage_of(page)
    middle = picture[:, picture.shape[1] // 4 : -picture.shape[1] // 4]
    changed = [decode_image(data, "page").pixels.astype(float) for data in (scan, local["keep"])]
    paper = np.median(np.abs(changed[0] - changed[1]), axis=(0, 1))
    assert np.median(middle, axis=(0, 1)) == pytest.approx(255 - 2.5 * paper, abs=4)
    assert middle.std() > 1


def test_every_control_is_reached_by_tab(viewer, give, scan) -> None:
    page = give(viewer(), scan)
    page.locator("body").press("Tab")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(e => e.className || e.name || e.dataset.language || e.download || '')(document.activeElement)"
            )
        )
    assert {"pv-cut", "openseadragon-canvas", "scan.restored.png"} <= reached
    assert page.evaluate("[...document.querySelectorAll('button')].every(b => b.textContent || b.ariaLabel)")


def test_lines_are_read_beside_the_picture_and_framed_in_it(viewer, give, scan) -> None:
    page = give(viewer(), scan)
    assert page.locator("#lines li").count() >= 5
    assert set(page.inner_text("#lines li:first-child .words")) == {"a"}
    page.click("#lines li:nth-child(2) button")
    assert page.locator("#lines li:nth-child(2) button").get_attribute("aria-pressed") == "true"
    frame, stage = page.locator(".pv-frame").bounding_box(), page.locator(".pv-stage").bounding_box()
    assert stage["y"] <= frame["y"] <= stage["y"] + stage["height"]


def test_a_server_without_a_recognizer_says_so(open_page, server, openseadragon_script, give, scan) -> None:
    page = open_page(f"http://{server.client.host}:{server.client.port}/viewer/")
    give(page, scan)
    assert "not read: this server has no recognizer" in page.inner_text("#line-note")
    page.click("#another")
    give(page, b"\x89PNG" + bytes(3_000_001), "large.png")
    assert page.inner_text("#failure-title") == "This file is too large"
    assert "at most 2.9 MB" in page.inner_text("#failure-text")


def test_a_tiff_which_no_browser_shows_is_compared_all_the_same(viewer, give, scan) -> None:
    page = give(viewer(), encoded(scan, "TIFF"), "scan.tif", "image/tiff")
    assert page.is_visible(PICTURE)


def test_the_language_is_the_readers_and_can_be_changed_for_good(viewer, give, scan) -> None:
    page = viewer(locale="id-ID")
    assert page.inner_text("#start h2") == "Bandingkan pindaian dengan hasil pemulihannya"
    page.click('[data-language="en"]')
    assert page.inner_text("#start h2") == "Compare a scan with its restoration"
    page.reload()
    give(page, scan)
    page.click('[data-language="id"]')
    assert page.locator("html").get_attribute("lang") == "id"
    assert page.inner_text(".pv-modes label:first-child") == "Geser"
    assert "Dibaca oleh pengenal tulisan" in page.inner_text("#line-note")


def test_both_languages_say_everything(viewer) -> None:
    page = viewer()
    missing = page.evaluate(
        """async () => {
          const { WORDS } = await import("./words.js");
          const other = { en: "id", id: "en" };
          return Object.entries(other).flatMap(([a, b]) => Object.keys(WORDS[a]).filter((key) => !WORDS[b][key]));
        }"""
    )
    assert missing == []


@pytest.mark.parametrize(
    ("data", "title", "text"),
    [
        (b"%PDF-1.7 a letter", "This file cannot be used", "none of PNG, JPEG, TIFF"),
        (b"\x89PNG\r\n\x1a\n and no more", "This file cannot be used", "Expected"),
    ],
    ids=["another kind", "broken"],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(viewer, give, data, title, text) -> None:
    page = give(viewer(), data)
    assert page.inner_text("#failure-title") == title
    assert text in page.inner_text("#failure-text")
    page.click("#again")
    assert page.is_visible("#drop")


def test_a_name_is_shown_as_text_whatever_is_in_it(viewer, give, scan) -> None:
    name = "<img src=x onerror=alert(1)>.png"
    page = give(viewer(), scan, name)
    assert page.inner_text("#file-name") == name
    assert page.locator("#file-name img").count() == 0


@pytest.mark.parametrize("locale", ["en-GB", "id-ID"])
def test_nothing_is_wider_than_a_narrow_screen(viewer, give, scan, locale: str) -> None:
    page = give(viewer(width=360, height=740, locale=locale), scan)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_dropped_files_are_taken(viewer, scan) -> None:
    page = viewer()
    page.wait_for_selector("#limits:not(:empty)")
    transfer = page.evaluate_handle(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
          return transfer;
        }""",
        list(scan),
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    page.wait_for_selector("#facts dd")
    assert page.inner_text("#file-name") == "dropped.png"
