import cv2
import numpy as np
import pytest

from pulih.common.errors import InputError
from pulih.data.charset import Charset
from pulih.data.transcribed import grey_of, read_collection, rgb_of

HEADER = "file\ttext\tset"


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes ``lines.tsv``; images a.png to d.png exist, each of another grey."""
    (tmp_path / "images").mkdir()
    for number, name in enumerate("abcd"):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), np.full((10, 20, 3), 40 * number + 10, np.uint8))

    def write(*rows, header=HEADER):
        (tmp_path / "lines.tsv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        return tmp_path

    return write


def test_lines_come_with_normalized_text_and_manuscript(folder):
    found = read_collection(folder("a.png\tun M^r\tms 1", 'b.png\tdit "non\tms 2'), Charset())
    assert [(line.text, line.manuscript) for line in found.lines] == [("un Mr", "ms 1"), ('dit "non', "ms 2")]
    assert found.changes == {"^ -> nothing": 1}
    assert found.left_out == {}


def test_images_may_lie_beside_the_table(folder):
    path = folder("e.png\tici\tms 1")
    cv2.imwrite(str(path / "e.png"), np.full((10, 20), 99, np.uint8))
    assert grey_of(read_collection(path, Charset()).lines[0]).tolist() == [[99] * 20] * 10


def test_colour_is_read_as_rgb_and_grey_as_its_luminance(folder):
    path = folder("e.png\tici\tms 1")
    cv2.imwrite(str(path / "e.png"), np.full((4, 4, 3), (0, 0, 200), np.uint8))
    line = read_collection(path, Charset()).lines[0]
    assert rgb_of(line)[0, 0].tolist() == [200, 0, 0]
    assert grey_of(line)[0, 0] == round(0.299 * 200)


def test_lines_that_cannot_be_used_are_counted_by_reason(folder):
    path = folder("a.png\tdix ₶\tms 1", "b.png\t><\tms 1", "c.png\toui\tms 1", "c.png\tnon\tms 1")
    found = read_collection(path, Charset())
    assert [line.text for line in found.lines] == ["oui"]
    expected = {"characters outside the charset: ₶": 1, "no text": 1, "image of another line": 1}
    assert found.left_out == expected


def test_other_columns_do_not_matter_and_a_missing_one_is_named(folder):
    path = folder("fra\toui\ta.png\tms", header="lang\ttext\tfile\tset")
    assert read_collection(path, Charset()).lines[0].text == "oui"
    with pytest.raises(InputError, match="without set"):
        read_collection(folder("a.png\toui", header="file\ttext"), Charset())


def test_a_row_of_another_length_is_named(folder):
    with pytest.raises(InputError, match="3 cells in line 3"):
        read_collection(folder("a.png\toui\tms", "b.png\toui"), Charset())


def test_missing_images_are_counted_and_the_first_is_named(folder):
    with pytest.raises(InputError, match=r"2 of 3 missing, first 'x\.png'"):
        read_collection(folder("a.png\toui\tms", "x.png\toui\tms", "y.png\toui\tms"), Charset())


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"lines\.tsv"):
        read_collection(tmp_path, Charset())


def test_a_separator_of_unicode_inside_a_text_starts_no_row(folder):
    assert read_collection(folder("a.png\toui\u2028non\tms"), Charset()).lines[0].text == "oui non"


def test_a_file_that_is_no_image_is_refused(folder):
    path = folder("e.png\tici\tms 1")
    (path / "e.png").write_text("no image")
    with pytest.raises(InputError, match="PNG, JPEG or TIFF"):
        rgb_of(read_collection(path, Charset()).lines[0])


def test_the_real_lines_keep_all_but_a_few_texts(real_data):
    folder = real_data / "lines" / "htr_lines_multi"
    if not folder.is_dir():
        pytest.skip(f"no line crops at {folder}")
    found = read_collection(folder, Charset())
    assert len(found.lines) > 1800
    assert sum(found.left_out.values()) < 0.02 * len(found.lines)
