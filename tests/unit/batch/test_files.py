"""Litter goes, and only litter."""

from pathlib import Path

from pulih.batch.files import copy_original, remove_stale, sweep


def test_half_written_files_of_one_page_go_and_nothing_else(tmp_path: Path) -> None:
    for name in (".p[1].png.new", "..p[1].png.new.x7", ".p[1].xml.ab", ".other.png.new", "p[1].png"):
        (tmp_path / name).write_bytes(b"x")
    sweep(tmp_path, "p[1]")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.png.new", "p[1].png"]


def test_what_a_result_no_longer_has_goes(tmp_path: Path) -> None:
    for name in ("a.png", "a.tif"):
        (tmp_path / name).write_bytes(b"x")
    remove_stale(tmp_path, ["a.png", "a.tif", "gone.png"], ["a.tif"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_an_original_is_copied_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "scan.jpg").write_bytes(b"scan")
    assert copy_original(tmp_path / "scan.jpg", tmp_path / "out", "sub/scan", "sub/scan.jpg") == ("sub/scan.jpg",)
    assert (tmp_path / "out" / "sub" / "scan.jpg").read_bytes() == b"scan"
    assert copy_original(tmp_path / "missing.jpg", tmp_path / "out", "missing", "missing.jpg") == ()
