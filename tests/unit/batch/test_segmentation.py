"""Lines of a page without an XML file: by kraken where it is, else by rows, and it is said which."""

import os

import numpy as np
import pytest

from pulih.batch.segmentation import BY_KRAKEN, BY_ROWS, find_lines, segmenter
from pulih.common.errors import InputError
from pulih.restorer.colour import luminance

# A program that answers as kraken does: it writes a PAGE file with one line for an image.
PROGRAM = """#!/bin/sh
cat > "$4" <<X
<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Metadata/><Page imageFilename="p"
 imageWidth="340" imageHeight="260"><TextRegion id="r"><TextLine id="a"><Coords points="1,1 9,1 9,9"/></TextLine>
</TextRegion></Page></PcGts>
X
"""


@pytest.fixture
def grey(draw_page):
    return luminance(draw_page(600, 700))


@pytest.fixture
def without_kraken(monkeypatch, tmp_path):
    monkeypatch.delenv("PULIH_KRAKEN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_rows_give_every_line_a_box_and_a_baseline_within_it(grey, without_kraken) -> None:
    layout, found = find_lines(grey, 14.0)
    assert found == BY_ROWS
    assert (layout.width, layout.height) == (700, 600)
    assert len(layout.lines) == 14
    for number, line in enumerate(layout.lines):
        # The pages of these tests are drawn with their baselines 40 pixels apart.
        assert line.baseline[0][1] == pytest.approx(40 + 40 * number, abs=6)
        assert all(0 <= x < 700 and 0 <= y < 600 for x, y in line.polygon)
    assert find_lines(np.full((50, 50), 255, np.uint8), None)[0].lines == ()


def test_a_program_that_is_named_is_asked_and_its_failure_told(grey, monkeypatch, tmp_path) -> None:
    program = tmp_path / "segmenter"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PULIH_KRAKEN", str(program))
    layout, found = find_lines(grey, 14.0)
    assert found == BY_KRAKEN
    assert [line.key for line in layout.lines] == ["a"]
    program.write_text("#!/bin/sh\necho no model here >&2; exit 1\n")
    with pytest.raises(InputError, match="no model here"):
        find_lines(grey, 14.0)
    monkeypatch.setenv("PULIH_KRAKEN", str(tmp_path / "none"))
    with pytest.raises(InputError, match="PULIH_KRAKEN"):
        segmenter()


@pytest.mark.slow
def test_kraken_itself_finds_every_line(grey) -> None:
    if "PULIH_KRAKEN" not in os.environ:
        pytest.skip("kraken is installed apart; PULIH_KRAKEN names its program")
    layout, found = find_lines(grey, 14.0)
    assert found == BY_KRAKEN
    assert len(layout.lines) == pytest.approx(14, abs=1)
    assert all(len(line.polygon) > 3 and len(line.baseline) > 1 for line in layout.lines)
