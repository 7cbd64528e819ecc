"""What a batch reads: folders, globs, lists, the store; never its own output."""

import os
from pathlib import Path

import pytest

from pulih.batch.sources import find_sources
from pulih.common.errors import InputError


def names(text, recursive=False, output=Path("elsewhere")):
    return [source.name for source in find_sources(str(text), recursive, output)]


def test_a_folder_is_read_alone_or_with_those_below(folder: Path) -> None:
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes(b"")
    assert names(folder) == ["a.png", "b.png", "broken.jpg"]
    assert names(folder, recursive=True) == ["a.png", "b.png", "broken.jpg", "sub/c.png"]


def test_an_output_below_the_input_is_not_read_and_the_input_itself_is_no_output(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "a.png").write_bytes(b"")
    assert "out/a.png" not in names(folder, True, folder / "out")
    assert not [name for name in names(f"{folder}/**/*.png", False, folder / "out") if "out" in name]
    with pytest.raises(InputError, match="output folder of its own"):
        names(folder, False, folder)
    (folder / "pages.txt").write_text("sub/c.png\na.png\n")
    with pytest.raises(InputError, match="could replace its own scan"):
        names(folder / "pages.txt", False, folder)


def test_a_glob_and_a_list_name_pages_below_their_common_folder(folder: Path) -> None:
    assert names(f"{folder}/**/*.png") == ["a.png", "b.png", "sub/c.png"]
    pages = folder / "pages.txt"
    pages.write_text("# two of them\nsub/c.png\n\na.png\nmissing.tif\n")
    assert names(pages) == ["a.png", "missing.tif", "sub/c.png"]
    (folder / "letters [1].png").write_bytes(b"x")
    assert names(folder / "letters [1].png") == ["letters [1].png"]


def test_answers_of_files_that_share_a_stem_keep_their_suffix(folder: Path) -> None:
    (folder / "a.tif").write_bytes(b"")
    stems = {source.name: source.stem for source in find_sources(str(folder), True, Path("elsewhere"))}
    assert stems["a.png"] == "a.png"
    assert stems["a.tif"] == "a.tif"
    assert stems["sub/c.png"] == "sub/c"


@pytest.mark.parametrize("place", ["a.xml", "page/a.xml", "alto/a.xml"])
def test_xml_is_found_beside_the_image_and_where_exports_put_it(folder: Path, place: str) -> None:
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_text("<x/>")
    found = {source.name: source.xml for source in find_sources(str(folder), False, Path("elsewhere"))}
    assert found["a.png"] == str((folder / place).resolve())
    assert found["b.png"] is None


def test_nothing_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--recursive"):
        names(tmp_path)
    with pytest.raises(InputError):
        names(tmp_path / "nowhere")


def test_a_name_that_is_no_utf8_can_be_written_down_and_still_be_read(folder: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/pr\xe9face.png"))
    path.write_bytes(b"x")
    (source,) = [s for s in find_sources(str(folder), False, Path("elsewhere")) if s.name.startswith("pr")]
    assert source.name == "pr\\xe9face.png"
    assert source.name.encode()
    assert Path(source.place).read_bytes() == b"x"
