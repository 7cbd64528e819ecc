"""Which page is sent when none is named."""

import logging

import pytest

from pulih.common.errors import InputError
from pulih.deployment.page import page_to_send


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_REAL_DATA", str(tmp_path / "real"))
    return tmp_path / "real" / "archive"


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_named_page_is_sent(archive, tmp_path) -> None:
    page = touch(tmp_path / "mine.png")
    assert page_to_send(str(page), tmp_path) == page


def test_missing_named_page_is_refused(archive, tmp_path) -> None:
    with pytest.raises(InputError, match=r"none\.png"):
        page_to_send(str(tmp_path / "none.png"), tmp_path)


def test_archive_comes_before_synthetic_pages_and_is_said_aloud(archive, tmp_path, caplog) -> None:
    touch(tmp_path / "lines" / "pages" / "0.degraded.png")
    with caplog.at_level(logging.INFO):
        assert page_to_send("", tmp_path / "lines").name == "0.degraded.png"
    touch(archive / "a" / "note.txt")
    page = touch(archive / "b" / "1.JPG")
    assert page_to_send("", tmp_path / "lines") == page
    assert "0.degraded.png" in caplog.text


def test_without_any_page_the_one_of_scikit_image_is_sent(archive, tmp_path) -> None:
    assert page_to_send("", tmp_path).is_file()
