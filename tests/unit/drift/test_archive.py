import shutil

import numpy as np
import pytest

from pulih.common.errors import InputError
from pulih.data.manifest import read_manifest
from pulih.drift.archive import has_scans, read_archive, stand_in


@pytest.fixture
def folder(write_scans):
    return write_scans({f"{name}.png": np.full((9, 7, 3), i, np.uint8) for i, name in enumerate("abcde")})


def test_scans_are_found_in_any_depth_by_their_suffix(folder):
    (folder / "volume 2").mkdir()
    shutil.move(folder / "b.png", folder / "volume 2" / "B.PNG")
    (folder / "notes.txt").write_text("not a scan")
    (folder / ".hidden.png").write_bytes(b"left by a copy")
    archive = read_archive(folder, "mine", 100, 0)
    assert [scan.name for scan in archive.scans] == ["a.png", "c.png", "d.png", "e.png", "volume 2/B.PNG"]


def test_copies_count_once(folder):
    shutil.copy(folder / "a.png", folder / "z copy.png")
    archive = read_archive(folder, "mine", 100, 0)
    assert archive.total == len(archive.scans) == 5


def test_one_file_is_an_archive(folder):
    archive = read_archive(folder / "c.png", "one page", 100, 0)
    assert [scan.name for scan in archive.scans] == ["c.png"]


def test_a_large_archive_is_sampled_the_same_way_each_time(folder):
    samples = [read_archive(folder, "mine", 2, seed) for seed in range(6)]
    assert all(len(sample.scans) == 2 and sample.total == 5 for sample in samples)
    assert len({sample.scans for sample in samples}) > 1
    assert samples[3] == read_archive(folder, "mine", 2, 3)


def test_an_archive_without_scans_is_refused(tmp_path):
    assert not has_scans(tmp_path)
    assert not has_scans(tmp_path / "nowhere")
    with pytest.raises(InputError, match="page scans in mine"):
        read_archive(tmp_path, "mine", 10, 0)


def test_the_record_changes_with_names_and_contents_and_nothing_else(folder, tmp_path, write_scans):
    def digest():
        return read_manifest(read_archive(folder, "mine", 100, 0).record(tmp_path / "record")).digest()

    before = digest()
    for path in folder.iterdir():
        path.touch()
    assert digest() == before
    write_scans({"a.png": np.full((9, 7, 3), 77, np.uint8)})
    changed = digest()
    assert changed != before
    (folder / "e.png").unlink()
    assert digest() not in (before, changed)


def test_the_stand_in_is_a_readable_page_and_said_aloud(tmp_path, caplog):
    archive = stand_in(tmp_path)
    assert archive.stand_in
    assert archive.scans[0].path.is_file()
    assert "say nothing about your archive" in caplog.text
