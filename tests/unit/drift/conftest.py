"""Pages with known properties, drawn without any code of the project."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

WORDS = ["den", "schipper", "heeft", "aan", "boord", "gebracht", "twee", "hondert", "balen", "peper", "van", "Bantam"]
FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"
ZOOM = 2


def text_mask(height=1024, width=720, pitch=40, slant=0.0, seed=0):
    """Return how much of each pixel is ink, in [0, 1]: upright serif text, lines ``pitch`` apart, then sheared."""
    random = np.random.default_rng(seed)
    sheet = np.zeros((height * ZOOM, width * ZOOM), np.uint8)
    font = ImageFont.truetype(str(FONT), int(pitch * 0.5 * ZOOM))
    depth, margin = pitch * ZOOM, max(12, height // 17)
    for top in range(margin * ZOOM, (height - margin - pitch) * ZOOM, depth):
        line = Image.new("L", (width * ZOOM, depth), 0)
        ImageDraw.Draw(line).text((margin * ZOOM, 4 * ZOOM), " ".join(random.choice(WORDS, 12)), fill=255, font=font)
        shift = np.tan(np.radians(slant))
        move = np.array([[1, -shift, shift * depth * 0.7], [0, 1, 0]])
        sheared = cv2.warpAffine(np.asarray(line), move, line.size)
        sheared[:, (width - margin) * ZOOM :] = 0
        sheet[top : top + depth] = sheared
    return cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA) / 255.0


def rings(width, height=1024, breadth=720):
    """Return the ink of circles drawn with a pen of ``width`` pixels."""
    sheet = np.zeros((height * 4, breadth * 4), np.uint8)
    for y in range(60, height - 60, 60):
        for x in range(80, breadth - 80, 60):
            cv2.circle(sheet, (x * 4, y * 4), 80, 255, width * 4, cv2.LINE_AA)
    return cv2.resize(sheet, (breadth, height), interpolation=cv2.INTER_AREA) / 255.0


def on_paper(mask, paper=(225, 210, 180), darkness=0.7):
    """Return an RGB page in floating point: the ink takes ``darkness`` of the paper's light."""
    return np.asarray(paper, dtype=np.float64) * (1 - darkness * mask[:, :, None])


def as_image(page):
    return np.clip(np.round(page), 0, 255).astype(np.uint8)


def small_page(seed, paper=(225, 210, 180), darkness=0.7, noise=2.0):
    """Return a page of 420 x 300 pixels that is described in a few hundredths of a second."""
    random = np.random.default_rng(seed)
    mask = text_mask(420, 300, pitch=int(random.integers(24, 30)), slant=float(random.uniform(5, 20)), seed=seed)
    page = on_paper(mask, np.array(paper) + random.uniform(-6, 6), darkness + random.uniform(-0.05, 0.05))
    return as_image(page + random.normal(0, noise, page.shape[:2])[:, :, None])


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    # Like the worker processes; threads of OpenCV wait for each other on a busy machine.
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="session")
def draw():
    return SimpleNamespace(text=text_mask, rings=rings, on_paper=on_paper, image=as_image, small_page=small_page)


@pytest.fixture(scope="session")
def page():
    """A page of 1024 x 720 in floating point: upright text on even paper."""
    return on_paper(text_mask())


@pytest.fixture
def write_scans(tmp_path):
    def write(images, folder="archive"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name, image in images.items():
            Image.fromarray(image).save(tmp_path / folder / name)
        return tmp_path / folder

    return write
