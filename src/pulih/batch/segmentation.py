"""Lines of a page without an XML file: by kraken where it is installed, else by dark rows.

kraken needs other versions of several libraries than Pulih, so it lives in an environment of its own and is called as
a program: ``kraken`` on the PATH, or what ``PULIH_KRAKEN`` names.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pulih.batch.lines import Box, boxes_of_rows
from pulih.common.errors import InputError
from pulih.data.layout import Layout, LayoutLine
from pulih.data.markup import check
from pulih.data.pagexml import read_page

GreyImage = NDArray[np.uint8]
VARIABLE = "PULIH_KRAKEN"
SECONDS = 600
BY_ROWS = "lines found as rows of dark pixels, which serves simple pages of one column only: check them"
BY_KRAKEN = "lines found by kraken's baseline segmenter"


def segmenter() -> Path | None:
    """Return the program that finds lines; None where kraken is not installed.

    Raises:
        InputError: ``PULIH_KRAKEN`` names what cannot be run.
    """
    named = os.environ.get(VARIABLE)
    found = shutil.which(named or "kraken")
    if named and found is None:
        raise InputError(f"a program at {VARIABLE}", named, "Name kraken's, or unset the variable.")
    return Path(found) if found else None


def find_lines(page: GreyImage, x_height: float | None) -> tuple[Layout, str]:
    """Return the lines of an 8-bit grey page (H, W) and how they were found.

    Args:
        x_height: in pixels; None where the page has no writing, and then rows show no line.

    Raises:
        InputError: kraken fails.
    """
    program = segmenter()
    if program is not None:
        return _by_kraken(page, program), BY_KRAKEN
    boxes = boxes_of_rows(page, x_height) if x_height else []
    height, width = page.shape
    lines = tuple(_line(number, box, x_height or 0.0) for number, box in enumerate(boxes, start=1))
    return Layout("PAGE", width, height, lines), BY_ROWS


def _line(number: int, box: Box, x_height: float) -> LayoutLine:
    right, bottom = box.right - 1, box.bottom - 1
    corners = ((box.left, box.top), (right, box.top), (right, bottom), (box.left, bottom))
    # The rows that are darkest are those of the small letters; a baseline is half their height below.
    base = min(float(bottom), (box.top + box.bottom + x_height) / 2)
    return LayoutLine(f"l{number}", corners, ((box.left, base), (right, base)), "")


def _by_kraken(page: GreyImage, program: Path) -> Layout:
    with tempfile.TemporaryDirectory(prefix="pulih-kraken-") as folder:
        image, xml = Path(folder) / "page.png", Path(folder) / "page.xml"
        Image.fromarray(page).save(image, compress_level=1)
        command = [str(program), "--pagexml", "--input", str(image), str(xml), "segment", "--baseline"]
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS, cwd=folder)
        except subprocess.TimeoutExpired as err:
            raise InputError(f"lines from {program} within {SECONDS} s", "none", "Read the page alone.") from err
        if done.returncode or not xml.is_file():
            found = " ".join((done.stderr or done.stdout).split())[-300:]
            raise InputError(f"lines from {program}", found or f"exit code {done.returncode}", "Try it by hand.")
        return read_page(check(xml.read_bytes(), "kraken's answer"), "kraken's answer")
