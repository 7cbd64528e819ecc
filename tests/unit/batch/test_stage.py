"""A batch in parts: every page is in one of them, and what they tell adds up."""

import json
import shutil

import pytest

from pulih.batch import stage
from pulih.batch.config import ArchiveConfig
from pulih.common.errors import ArtifactError
from pulih.data.manifest import read_manifest


@pytest.fixture
def archive(folder, blur_restorer, tmp_path):
    page = {"harm": {"min_confidence": 0.05}}
    return ArchiveConfig.model_validate(
        {
            "input": str(folder),
            "output": str(tmp_path / "out"),
            "restorer": str(blur_restorer),
            "parts": 2,
            "batch": {"workers": 1, "recursive": True, "page": page},
        }
    )


def listed(pages) -> list[list[str]]:
    return [[s["name"] for s in json.loads(path.read_text())["sources"]] for path in sorted(pages.glob("part-*.json"))]


def test_every_page_is_in_one_part_and_no_part_is_empty(archive, tmp_path) -> None:
    sealed = stage.list_pages(archive, tmp_path / "two")
    assert sealed.facts == {"pages": 4, "parts": 2}
    assert listed(tmp_path / "two") == [["a.png", "broken.jpg"], ["b.png", "sub/c.png"]]
    assert stage.list_pages(archive.model_copy(update={"parts": 9}), tmp_path / "nine").facts["parts"] == 4


def test_parts_write_into_one_folder_and_are_told_of_together(archive, tmp_path) -> None:
    pages, output = tmp_path / "pages", tmp_path / "out"
    stage.list_pages(archive, pages)
    parts = [tmp_path / f"part{number}" for number in range(2)]
    for number, part in enumerate(parts):
        stage.restore_part(archive, pages, number, part)
    assert read_manifest(parts[0]).facts["failed"] == 1
    told = stage.conclude(archive, parts, tmp_path / "whole")
    assert told.facts == {"pages": 4, "restored": 3, "passed": 0, "failed": 1, "skipped": 0}
    assert sorted(p.relative_to(output).as_posix() for p in output.rglob("*.png")) == ["a.png", "b.png", "sub/c.png"]
    assert "broken.jpg" in (output / "_batch" / "failed.txt").read_text()
    # A part that is done again finds its pages finished.
    shutil.rmtree(parts[1])
    stage.restore_part(archive, pages, 1, parts[1])
    told_again = json.loads((parts[1] / "summary.json").read_text())["this_run"]
    assert (told_again["worked"], told_again["done_before"]) == (0, 2)


def test_a_part_that_is_not_listed_is_refused(archive, tmp_path) -> None:
    stage.list_pages(archive, tmp_path / "pages")
    with pytest.raises(ArtifactError, match="part 7"):
        stage.restore_part(archive, tmp_path / "pages", 7, tmp_path / "part")


def test_parts_of_a_batch_in_a_store_leave_nothing_here(archive, s3_settings, tmp_path) -> None:
    from pulih.stores.paths import local_input

    url = f"s3://{s3_settings.s3_bucket}/in-parts"
    archive = archive.model_copy(update={"output": url, "parts": 1})
    stage.list_pages(archive, tmp_path / "pages")
    stage.restore_part(archive, tmp_path / "pages", 0, tmp_path / "part")
    stage.conclude(archive, [tmp_path / "part"], tmp_path / "whole")
    there = local_input(url, tmp_path / "cache")
    found = sorted(path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file())
    answers = [f"{name}.png{end}" for name in ("a", "b", "sub/c") for end in ("", ".prov.json")]
    assert found == sorted(["_batch/failed.txt", "_batch/summary.json", *answers])
    assert not (tmp_path / "out").exists()
