"""Whole batches: nothing is done twice, nothing is lost, one broken page stops nobody."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pulih.batch.batch import FOLDER
from pulih.batch.policies import BatchAborted
from pulih.common.errors import InputError
from pulih.data.encoding import write_tiff
from pulih.data.images import DecodedImage


def written(output: Path) -> dict[str, int]:
    """The answers and when they were written, in nanoseconds."""
    files = [path for path in output.rglob("*.*") if FOLDER not in path.parts]
    return {path.relative_to(output).as_posix(): path.stat().st_mtime_ns for path in files}


def failed(output: Path) -> list[str]:
    return [row["name"] for row in json.loads((output / FOLDER / "failed.json").read_text())]


def test_a_broken_page_is_listed_and_a_repeated_batch_does_only_what_is_left(batch_of, folder, tmp_path) -> None:
    output = tmp_path / "out"
    done = batch_of(folder)
    assert (done.progress.restored, done.progress.failed) == (3, 1)
    assert failed(output) == ["broken.jpg"]
    assert "broken.jpg\texpected" in (output / FOLDER / "failed.txt").read_text()
    first = written(output)
    assert sorted(first) == sorted(f"{name}.png{end}" for name in ("a", "b", "sub/c") for end in ("", ".prov.json"))
    (folder / "broken.jpg").write_bytes((folder / "a.png").read_bytes())
    (folder / "b.png").write_bytes((folder / "sub" / "c.png").read_bytes())
    (output / "sub" / "c.png").unlink()
    done = batch_of(folder, existing_output="OVERWRITE")
    assert (done.progress.before, done.progress.restored, done.progress.failed) == (1, 3, 0)
    second = written(output)
    assert second["a.png"] == first["a.png"]
    assert second["b.png"] > first["b.png"]
    assert {"broken.png", "sub/c.png"} < set(second)
    assert failed(output) == []
    (folder / "a.png").write_bytes(b"now this one is broken")
    batch_of(folder, existing_output="OVERWRITE")
    assert failed(output) == ["a.png"]
    # What there was of it is not lost.
    assert written(output) == second


def test_outputs_of_other_parameters_are_skipped_or_overwritten_or_stop_the_batch(batch_of, folder, tmp_path) -> None:
    output = tmp_path / "out"
    (folder / "broken.jpg").unlink()
    batch_of(folder)
    first = written(output)
    for other in ({"mode": "binary"}, {"format": "jpeg"}):
        done = batch_of(folder, page=other)
        assert (done.progress.skipped, done.progress.restored) == (3, 0)
        assert written(output) == first
    with pytest.raises(BatchAborted, match="no output of another run"):
        batch_of(folder, page={"mode": "binary"}, existing_output="ABORT")
    done = batch_of(folder, page={"mode": "binary", "format": "tiff"}, existing_output="OVERWRITE")
    assert done.progress.restored == 3
    # What only the former result had is gone, so that no page has two answers.
    assert sorted(written(output)) == sorted(
        f"{name}.tif{end}" for name in ("a", "b", "sub/c") for end in ("", ".prov.json")
    )


def test_a_failed_page_is_copied_as_asked(batch_of, folder, tmp_path) -> None:
    output = tmp_path / "out"
    done = batch_of(folder, missing_output="COPY", harm={"min_confidence": 0.99})
    assert (done.progress.passed, done.progress.failed) == (3, 1)
    for name in ("a.png", "broken.jpg"):
        assert (output / name).read_bytes() == (folder / name).read_bytes()


SCRIPT = re.compile(
    r"<script.*?</script>", re.DOTALL
)  # a licence in it has an address; a browser test sees what is asked


def test_the_report_needs_no_network_and_shows_each_kind(batch_of, folder, tmp_path) -> None:
    Image.fromarray(np.full((200, 300, 3), 245, np.uint8)).save(folder / "blank.png")
    batch_of(folder)
    page = SCRIPT.sub("", (tmp_path / "out" / FOLDER / "report.html").read_text())
    for text in ("Most changed", "Passed on untouched", "no writing found", "broken.jpg", "blank.png"):
        assert text in page
    assert page.count("data:image/jpeg;base64,") == 2 * 3 + 1
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page


def test_the_report_shows_where_the_network_was_unsure_if_that_was_written(batch_of, folder, tmp_path) -> None:
    batch_of(folder, page={"confidence": True})
    page = SCRIPT.sub("", (tmp_path / "out" / FOLDER / "report.html").read_text())
    assert page.count('data-part="confidence" src="data:image/png;base64,') == page.count('data-part="after"') == 3


def test_a_first_page_that_passes_on_is_not_shown_with_the_map_of_another(batch_of, page, tmp_path) -> None:
    (tmp_path / "books").mkdir()
    write_tiff(tmp_path / "books" / "book.tif", [DecodedImage(np.full_like(page, 245)), DecodedImage(page)])
    batch_of(tmp_path / "books", page={"confidence": True})
    assert (tmp_path / "out" / "book-2.confidence.png").is_file()
    assert 'data-part="confidence" src' not in (tmp_path / "out" / FOLDER / "report.html").read_text()


def started(folder: Path, output: Path, restorer: Path) -> subprocess.Popen:
    code = "import sys; sys.argv[0] = 'pulih'; from pulih.cli import main; main()"
    options = ["--restorer", str(restorer), "--workers", "1", "--set", "page.harm.min_confidence=0.05"]
    command = [sys.executable, "-c", code, "batch", str(folder), str(output), *options]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def wait_for_pages(output: Path, count: int, child: subprocess.Popen) -> None:
    until = time.monotonic() + 120
    while len(list(output.glob("*.png"))) < count:
        assert time.monotonic() < until
        assert child.poll() is None
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)], ids=["killed", "stopped"])
def test_a_batch_that_was_ended_goes_on_and_does_no_page_twice(
    blur_restorer, draw_page, tmp_path, number: int, code: int
) -> None:
    scans, output = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    for index in range(40):
        Image.fromarray(draw_page(400, 500, seed=index)).save(scans / f"{index:02d}.png")
    child = started(scans, output, blur_restorer)
    wait_for_pages(output, 3, child)
    os.kill(child.pid, number)
    assert child.wait(60) == code
    time.sleep(0.5)
    first = written(output)
    assert 3 <= len([name for name in first if name.endswith(".png")]) < 40
    child = started(scans, output, blur_restorer)
    assert child.wait(240) == 0
    second = written(output)
    assert len([name for name in second if name.endswith(".png")]) == 40
    # A page that was in work when the batch was killed may be done anew, no other.
    assert len([name for name in first if name.endswith(".png") and second[name] != first[name]]) <= 1
    summary = json.loads((output / FOLDER / "summary.json").read_text())
    assert summary["this_run"]["done_before"] + summary["this_run"]["worked"] == 40
    assert not [path for path in output.rglob(".*") if FOLDER not in path.parts]


def test_reading_without_a_recognizer_is_refused_with_the_commands_that_make_one(batch_of, folder, tmp_path) -> None:
    with pytest.raises(InputError, match=r"comes without one.*pulih run --config.*--recognizer runs/latest/evaluator"):
        batch_of(folder, page={"read": "missing"})
    assert not list((tmp_path / "out").rglob("*.png"))
