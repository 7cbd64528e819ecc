"""The restorer runs the exported network on lines and pages of any size; the network here is a known filter."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from pulih.common.errors import ArtifactError
from pulih.common.files import write_json
from pulih.data import manifest
from pulih.restorer import infer
from pulih.restorer.infer import Restorer
from pulih.restorer.thin import thin_deepened


@pytest.fixture(scope="module")
def restorer(blur_restorer):
    return Restorer.load(blur_restorer, threads=1)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width)).astype(np.uint8)


def mean_of_nine(image: np.ndarray) -> np.ndarray:
    return cv2.blur(image.astype(np.float32), (3, 3), borderType=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("width", [1, 31, 32, 200, 511])
def test_line_of_any_width_gets_the_networks_answer(restorer, width: int) -> None:
    line = noise(64, width)
    answer = restorer.restore_line(line)
    assert answer.shape == line.shape
    assert np.abs(answer[:, :-1] - mean_of_nine(line)[:, :-1]).max(initial=0) <= 0.51


def test_padding_beside_a_line_is_paper(restorer) -> None:
    answer = restorer.restore_line(np.zeros((64, 40), np.uint8))
    assert answer[10, 38] == 0
    assert answer[10, 39] == 85


def test_lines_keep_their_order_and_do_not_depend_on_their_company(restorer) -> None:
    lines = [noise(64, width) for width in (300, 40, 290, 64, 300, 33)]
    together = restorer.restore_lines(lines)
    assert all(
        np.array_equal(restorer.restore_line(line), answer) for line, answer in zip(lines, together, strict=True)
    )


def test_line_of_another_height_comes_back_in_its_own(restorer) -> None:
    assert restorer.restore_line(noise(100, 333)).shape == (100, 333)


def test_no_lines_give_no_answers(restorer) -> None:
    assert restorer.restore_lines([]) == []


def test_page_is_brought_to_the_scale_of_the_training_lines(restorer, page_of) -> None:
    small, large = (restorer.restore_page(page_of(60 * x, 50 * x, x)) for x in (10, 30))
    assert small.scale / large.scale == pytest.approx(3, rel=0.25)
    assert large.scale * large.x_height == pytest.approx(infer.X_HEIGHT_SHARE * 64, rel=0.01)


def test_page_keeps_size_and_hue(restorer, page_of) -> None:
    # Ink of the paper's own hue: how much of it this network leaves on the paper then changes no hue.
    page = page_of(901, 1103, 14, ink=(90, 84, 72))
    answer = restorer.restore_page(page)
    assert answer.image.shape == page.shape
    assert answer.luminance.shape == page.shape[:2]
    lightened = np.median(answer.image, axis=(0, 1)) / np.median(page, axis=(0, 1))
    assert np.ptp(lightened) < 0.02


def test_page_answer_follows_the_network(restorer, page_of, monkeypatch) -> None:
    page = page_of(901, 1103, 14, ink=(25, 20, 15))  # as dark as the training's, so that its tone stays
    monkeypatch.setattr(infer.Restorer, "_factor", lambda *_: 1.0)
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    wanted = thin_deepened(np.rint(mean_of_nine(grey)).astype(np.uint8)).astype(float)
    assert np.abs(restorer.restore_page(page).luminance - wanted).max() <= 0.51


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2000, 3), (2000, 3, 3), (40, 30, 3)])
def test_odd_shapes_are_survived(restorer, shape: tuple[int, int, int]) -> None:
    assert restorer.restore_page(np.full(shape, 200, np.uint8)).image.shape == shape


def test_blank_page_stays_blank(restorer) -> None:
    answer = restorer.restore_page(np.full((800, 600, 3), 222, np.uint8))
    assert answer.x_height is None
    assert answer.scale <= 1
    assert np.ptp(answer.image) <= 1


def test_enlargement_stops_at_the_pixel_limit(restorer, page_of, monkeypatch) -> None:
    monkeypatch.setattr(infer, "MOST_PIXELS", 200_000)
    answer = restorer.restore_page(page_of(800, 600, 7))
    assert answer.scale == pytest.approx((200_000 / 480_000) ** 0.5)


@pytest.mark.parametrize(("pixels", "share"), [(5_000_000, 1), (1_000_000, None), (100_000, 0.5)])
def test_page_of_many_pixels_is_seen_smaller_down_to_half(restorer, page_of, monkeypatch, pixels, share) -> None:
    page = page_of(800, 600, 7)
    wanted = infer.X_HEIGHT_SHARE * 64 / restorer.restore_page(page).x_height
    monkeypatch.setattr(infer, "ENOUGH_PIXELS", pixels)
    expected = (pixels / 480_000) ** 0.5 if share is None else share * wanted
    assert restorer.restore_page(page).scale == pytest.approx(expected)
    assert wanted / 2 < (1_000_000 / 480_000) ** 0.5 < wanted


def test_altered_model_is_refused_by_name(blur_restorer, tmp_path) -> None:
    for path in blur_restorer.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"something else")
    with pytest.raises(ArtifactError, match=r"model\.onnx"):
        Restorer.load(tmp_path)


def test_sealed_file_that_is_no_model_is_refused(tmp_path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    write_json(tmp_path / "config.json", {"height": 64})
    manifest.write_manifest(tmp_path, "restorer", manifest.StageConfig(), {}, {})
    with pytest.raises(ArtifactError, match="an ONNX model"):
        Restorer.load(tmp_path)


def test_folder_without_artifact_is_refused(tmp_path) -> None:
    with pytest.raises(ArtifactError, match="an artifact at"):
        Restorer.load(tmp_path)


def test_restoration_needs_no_torch(blur_restorer) -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np; from pulih.restorer.infer import Restorer;"
        f"Restorer.load(Path({str(blur_restorer)!r}), 1).restore_page(np.full((99, 99, 3), 200, np.uint8));"
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
