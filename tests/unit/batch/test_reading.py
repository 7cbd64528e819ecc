"""A recognizer's confidence on the lines of a page; without one, torch stays out."""

import subprocess
import sys

import pytest

from pulih.batch.lines import Box
from pulih.batch.reading import compare
from pulih.restorer.colour import luminance


def test_a_page_is_compared_with_itself_without_gain_and_by_at_most_so_many_lines(reader, page) -> None:
    grey = luminance(page)
    boxes = [Box(top, top + 60, 0, 340) for top in range(0, 200, 20)]
    readings = compare(reader, grey, grey, boxes, most=4)
    assert readings.before == readings.after
    assert readings.lines == 4
    assert compare(reader, grey, grey, [], most=4) is None


def test_the_recognizer_decides_where_one_is_given(work_on, config_of, page, tmp_path, reader) -> None:
    from PIL import Image

    Image.fromarray(page).save(tmp_path / "scan.png")
    done, _ = work_on(tmp_path / "scan.png", config_of({"min_gain": 1.0}), reader=reader)
    (facts,) = done.facts.pages
    assert (done.status, facts.criterion) == ("passed", "recognizer gain")
    assert facts.value == pytest.approx(facts.reading_after - facts.reading_before)
    assert facts.lines == 6


def test_without_a_recognizer_torch_is_not_imported() -> None:
    code = "import sys, pulih.batch.batch, pulih.batch.worker, pulih.batch.judging; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
