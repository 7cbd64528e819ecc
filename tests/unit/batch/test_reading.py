"""A recognizer's confidence on the lines of a page; without one, torch stays out."""

import subprocess
import sys

import numpy as np
import pytest

from pulih.batch.lines import Box
from pulih.recognizer.margin import SURER
from pulih.restorer.colour import luminance


def test_confidence_is_the_mean_of_the_best_characters(reader, page) -> None:
    import torch

    crop = luminance(page)[10:74]
    seen = np.full((1, 1, 64, 352), 255, np.uint8)
    seen[0, 0, :, :340] = np.clip(np.rint(crop * (255 / np.median(crop))), 0, 255)
    with torch.no_grad():
        best = reader._model(torch.from_numpy(seen).float() / 255)[0, :85].softmax(-1).max(-1)
    expected = best.values[best.indices != 0].mean()
    assert reader.confidence(crop) == pytest.approx(float(expected), abs=0.02)


def test_a_page_is_compared_with_itself_without_gain_and_by_at_most_so_many_lines(reader, page) -> None:
    grey = luminance(page)
    boxes = [Box(top, top + 60, 0, 340) for top in range(0, 200, 20)]
    readings = reader.compare(grey, grey, boxes, most=4)
    assert readings.before == readings.after
    assert readings.lines == 4
    assert reader.compare(grey, grey, [], most=4) is None


def test_the_recognizer_decides_where_one_is_given(work_on, config_of, page, tmp_path, reader) -> None:
    from PIL import Image

    Image.fromarray(page).save(tmp_path / "scan.png")
    done, _ = work_on(tmp_path / "scan.png", config_of({"min_gain": 1.0}), reader=reader)
    (facts,) = done.facts.pages
    assert (done.status, facts.criterion) == ("passed", "recognizer gain")
    assert facts.value == pytest.approx(facts.reading_after - facts.reading_before)
    assert facts.lines == 6


def test_a_line_is_read_as_the_recognizer_reads_it_word_by_word(reader, page) -> None:
    import torch

    from pulih.evaluation.reading.material import reader_view
    from pulih.recognizer.decode import read

    crop = luminance(page)[10:74]
    line = reader.read(crop)
    seen = torch.from_numpy(np.pad(reader_view(crop, 64, 255), ((0, 0), (0, 12)), constant_values=255))
    (text,) = read(reader._model, seen[None, None].float() / 255, torch.tensor([340]))
    assert line.text == " ".join(text.split())
    assert line.text
    assert 0 < line.confidence <= 1
    edges = [edge for word in line.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= 1


def test_a_line_is_read_in_the_image_that_the_recognizer_is_surer_of(reader, page) -> None:
    crop = luminance(page)[10:74]
    noise = np.random.default_rng(1).integers(0, 256, crop.shape).astype(np.uint8)
    images = [crop, noise, np.full_like(crop, 255), 255 - crop // 2]
    images.sort(key=lambda image: float(np.log(reader._path(image)[1]).mean()))
    worse, better = images[0], images[-1]
    sure = [float(np.exp(np.log(reader._path(image)[1]).mean())) for image in (worse, better)]
    assert sure[1] > (1 + SURER) * sure[0]
    assert reader.read_surer(worse, better) == (reader.read(better), True)
    assert reader.read_surer(better, worse) == (reader.read(better), False)
    # Not surer by more than the margin: the scan is read.
    assert reader.read_surer(crop, crop) == (reader.read(crop), False)


def test_without_a_recognizer_torch_is_not_imported() -> None:
    code = "import sys, pulih.batch.batch, pulih.batch.worker, pulih.batch.judging; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
