from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pulih.common.errors import Interrupted
from pulih.common.interrupt import StopFlag
from pulih.common.settings import Settings
from pulih.drift import measuring
from pulih.drift.archive import read_archive
from pulih.drift.descriptors.page import describe
from pulih.drift.measuring import describe_through
from pulih.drift.reading import start_readers
from pulih.features import catalogue
from pulih.stores.features import Definition, open_repository


@pytest.fixture
def folder(write_scans, draw):
    return write_scans({f"{i}.png": draw.small_page(i) for i in range(3)})


@pytest.fixture
def opened(tmp_path):
    from pulih.features import definitions

    sources = (Path(definitions.__file__).parent / "feature_store.yaml",)
    definition = Definition(
        definitions.OBJECTS, catalogue.ENTITY, catalogue.VIEW, catalogue.SERVICE, catalogue.TABLE, sources
    )

    @contextmanager
    def enter(stop=None):
        settings = Settings(runs_dir=tmp_path / "runs")
        with open_repository(definition, settings) as repository, start_readers(1, stop or StopFlag()) as readers:
            yield lambda scans: describe_through(repository, readers, scans, "test pages")

    return enter


def scans_of(folder):
    return read_archive(folder, "mine", 100, 0).scans


def measured_scans(monkeypatch):
    """Record which pages are really measured, by the real code."""
    counted = []
    monkeypatch.setattr("pulih.drift.reading.describe", lambda pixels: counted.append(pixels.shape) or describe(pixels))
    return counted


def test_features_read_back_are_those_measured(folder, opened, draw):
    with opened() as through:
        found = through(scans_of(folder))
    assert found.table["name"].tolist() == ["0.png", "1.png", "2.png"]
    for i in range(3):
        assert found.values.loc[i].to_dict() == pytest.approx(describe(draw.small_page(i)), nan_ok=True)


def test_known_pages_are_not_measured_again_even_under_another_name(folder, opened, monkeypatch):
    with opened() as through:
        first = through(scans_of(folder))
    (folder / "1.png").rename(folder / "renamed.png")
    counted = measured_scans(monkeypatch)
    with opened() as through:
        second = through(scans_of(folder))
    assert counted == []
    assert second.table["name"].tolist() == ["0.png", "2.png", "renamed.png"]
    assert second.values.loc[2].to_dict() == pytest.approx(first.values.loc[1].to_dict(), nan_ok=True)


def test_suffix_that_tells_of_one_page_is_the_files_own(folder, opened, monkeypatch):
    titled = [replace(scan, name=f"synthetic {number}") for number, scan in enumerate(scans_of(folder))]
    with opened() as through:
        through(titled)
    counted = measured_scans(monkeypatch)
    with opened() as through:
        through(titled)
    assert counted == []


def test_pages_measured_by_other_code_are_measured_again(folder, opened, monkeypatch):
    with monkeypatch.context() as patch, opened() as through:
        patch.setattr(measuring, "measured_by", lambda: "former code")
        through(scans_of(folder))
    counted = measured_scans(monkeypatch)
    with opened() as through:
        found = through(scans_of(folder))
    assert len(counted) == 3
    assert len(found.table) == 3


def test_what_was_measured_before_a_stop_is_kept(folder, opened, monkeypatch):
    stop = StopFlag()

    def describe_and_stop(pixels):
        stop.request()
        return describe(pixels)

    with monkeypatch.context() as patch, opened(stop) as through:
        patch.setattr("pulih.drift.reading.describe", describe_and_stop)
        with pytest.raises(Interrupted):
            through(scans_of(folder))
    counted = measured_scans(monkeypatch)
    with opened() as through:
        assert len(through(scans_of(folder)).table) == 3
    assert len(counted) == 2


def test_broken_scans_leave_no_row(folder, opened):
    (folder / "text.png").write_text("no image")
    with opened() as through:
        found = through(scans_of(folder))
    assert [broken.name for broken in found.broken] == ["text.png"]
    assert len(found.table) == 3


def test_nothing_readable_is_an_empty_table_of_all_descriptors(tmp_path, opened):
    (tmp_path / "text.png").write_text("no image")
    with opened() as through:
        found = through(scans_of(tmp_path / "text.png"))
    assert isinstance(found.values, pd.DataFrame)
    assert found.table.empty
    assert list(found.values.columns) == list(catalogue.NAMES)
