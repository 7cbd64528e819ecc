"""The pictures of docs/viewer.md: ``python scripts/viewer_pictures.py LINES RECOGNIZER [docs/images]``.

LINES is a lines artifact with synthetic pages, RECOGNIZER an artifact that reads them; the restorer is the one that
comes with Pulih. The pictures are taken from the viewer of a real server in Chromium. Synthetic material only.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from pulih.common.errors import InputError
from pulih.data.encoding import encode_png
from pulih.data.pages import read_pages
from pulih.deployment.server import Patience, running_server
from pulih.recognizer.export import export_artifact
from pulih.released.artifact import released_restorer

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SIZE: ViewportSize = {"width": 1280, "height": 800}
WAIT = 300_000  # milliseconds; a page on a busy machine takes a while
LIGHT, DAMAGED = 1 / 4, 3 / 4  # places of the pages shown, by severity


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium of this machine."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise InputError(f"one of {', '.join(CHROMIUM)} on the PATH", "none", "Install Chromium.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


def restored(running: Browser, address: str, name: str, scan: bytes, **context: Any) -> Page:
    """Return the viewer after it was given a scan and shows what became of it."""
    page = running.new_context(viewport=SIZE, **context).new_page()
    page.set_default_timeout(WAIT)
    page.goto(address)
    page.wait_for_selector("#limits:not(:empty)")
    page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": scan})
    page.wait_for_selector(".pv-scale:not(:empty)")
    return page


def compared(running: Browser, address: str, scan: bytes, target: Path) -> None:
    """Take the slider over a page of light damage, one of its lines chosen."""
    page = restored(running, address, "page.png", scan, locale="en-GB")
    page.locator("#lines li").nth(3).click()
    for _ in range(4):
        page.keyboard.press("-")
    taken(page, target)


def unsure(running: Browser, address: str, scan: bytes, target: Path) -> None:
    """Take the confidence of a damaged page, in Indonesian and dark."""
    page = restored(running, address, "page.png", scan, locale="id-ID", color_scheme="dark")
    page.locator(".openseadragon-canvas").first.focus()
    for key in "4++":
        page.keyboard.press(key)
    taken(page, target)


def taken(page: Page, target: Path) -> None:
    """Write what the window shows once it rests."""
    page.wait_for_timeout(3000)
    page.screenshot(path=target, type="jpeg", quality=82)
    print(target, target.stat().st_size)


def main() -> int:
    """Write the pictures and print their sizes."""
    lines, recognizer = Path(sys.argv[1]), Path(sys.argv[2])
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else "docs/images")
    pages = sorted(read_pages(lines), key=lambda page: page.meta["severity"])
    light, damaged = (encode_png(pages[int(place * len(pages))].degraded, (300.0, 300.0)) for place in (LIGHT, DAMAGED))
    with tempfile.TemporaryDirectory(prefix="pulih-viewer-") as name:
        reader, log = Path(name) / "reader", Path(name) / "log"
        export_artifact(recognizer, reader)
        settings = (f"recognizer_dir={reader}",)
        with (
            running_server(released_restorer(), log, Patience(), settings) as server,
            browser() as shown,
        ):
            address = f"http://{server.client.host}:{server.client.port}/viewer/"
            compared(shown, address, light, folder / "viewer.jpg")
            unsure(shown, address, damaged, folder / "viewer-confidence.jpg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
