import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError, ConfigError, InputError
from pulih.data import manifest
from pulih.data.pages import PageSample, write_page
from pulih.drift.config import DriftConfig
from pulih.drift.stage import detect, find_archive
from pulih.features.catalogue import NAMES
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url

REFERENCE, CURRENT = 6, 5


def make_lines(folder, draw, count=REFERENCE):
    for i in range(count):
        page = draw.small_page(i)
        write_page(folder, PageSample(f"page-{i}", page, page[:, :, 0], {"severity": 0.5}))
    manifest.write_manifest(folder, "lines", StageConfig(), {}, {})
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder for all runs of this module, with its own feature store."""
    folder = tmp_path_factory.mktemp("drift")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULIH_RUNS_DIR", str(folder / "runs"))
        patch.setenv("PULIH_REAL_DATA", str(folder / "nowhere"))
        patch.delenv("PULIH_WORK_DIR", raising=False)
        yield folder


@pytest.fixture(scope="module")
def lines(home, draw):
    return make_lines(home / "lines", draw)


@pytest.fixture(scope="module")
def archive(home, draw):
    """Greener, darker paper with paler ink than the reference, and one file that is no image."""
    folder = home / "archive"
    folder.mkdir()
    for i in range(CURRENT):
        image = draw.small_page(100 + i, paper=(150, 175, 120), darkness=0.4, noise=2.0)
        Image.fromarray(image).save(folder / f"scan {i}.jpg", quality=97)
    (folder / "broken.png").write_text("a text file")
    return folder


@pytest.fixture(scope="module")
def config(archive):
    return DriftConfig(archive=str(archive), resamples=100, gallery=3, workers=1)


@pytest.fixture(scope="module")
def drift(home, lines, config):
    sealed = detect(config, lines, home / "drift")
    return home / "drift", sealed, json.loads((home / "drift" / "drift.json").read_text())


def test_what_was_changed_drifts_in_the_right_direction(drift):
    verdicts = {verdict["name"]: verdict for verdict in drift[2]["descriptors"]}
    directions = {name: verdicts[name]["direction"] for name in ("background_level", "paper_a", "contrast")}
    assert directions == {"background_level": "lower", "paper_a": "lower", "contrast": "lower"}
    assert "have paler ink" in verdicts["contrast"]["sentence"]
    assert verdicts["line_pitch"]["drifted"] is False
    assert set(verdicts) == set(NAMES)


def test_facts_say_what_the_record_says(drift):
    _, sealed, record = drift
    drifted = [verdict["name"] for verdict in record["descriptors"] if verdict["drifted"]]
    assert sealed.facts["drifted_descriptors"] == drifted
    assert sealed.facts["drift_share"] == pytest.approx(len(drifted) / len(NAMES))
    assert sealed.facts["pages"] == {"reference": REFERENCE, "archive": CURRENT}
    assert sealed.facts["skipped"] == 1
    assert sealed.facts["verdict"] == "partial" if sealed.facts["drift_share"] < 0.5 else "drift"


def test_the_artifact_is_whole_and_names_its_parents(drift, lines):
    folder, sealed, _ = drift
    assert manifest.verify(folder, "drift") == sealed
    assert {"drift.json", "drift.html", "evidently.html", "evidently.json", "pages.parquet"} <= set(sealed.files)
    assert set(sealed.parents) == {"lines", "archive"}
    assert sealed.parents["lines"] == manifest.read_manifest(lines).digest()


def test_the_gallery_shows_the_furthest_pages_of_the_archive(drift):
    folder, _, record = drift
    distances = [page["distance"] for page in record["gallery"]]
    assert distances == sorted(distances, reverse=True)
    assert len(distances) == 3
    table = pd.read_parquet(folder / "pages.parquet")
    assert table.groupby("side").size().to_dict() == {"archive": CURRENT, "reference": REFERENCE}
    assert table[table["side"] == "archive"]["distance"].max() == pytest.approx(distances[0])
    for page in record["gallery"]:
        shown = np.asarray(Image.open(folder / page["picture"]))
        assert shown.shape == (420, 300, 3)
        assert np.median(shown, axis=(0, 1)) == pytest.approx([150, 175, 120], abs=12)


def test_the_page_is_self_contained_and_says_everything(drift):
    html = (drift[0] / "drift.html").read_text()
    addresses = re.findall(r"(?:src|href)=[\"']([^\"']*)[\"']", html)
    assert [address for address in addresses if not address.startswith(("data:", "#"))] == []
    assert html.count("data:image/jpeg") == 3 + 4
    assert html.count("<svg") == len(NAMES)
    assert "broken.png" in html
    assert "thresholds are wide" in html
    for verdict in drift[2]["descriptors"]:
        assert verdict["definition"].replace("'", "&#39;") in html


def test_a_second_run_is_reused(drift, home, lines, config, caplog):
    with caplog.at_level("INFO"):
        assert detect(config, lines, home / "drift") == drift[1]
    assert "reused" in caplog.text


def test_an_archive_like_the_synthesis_does_not_drift_and_is_not_reused_when_changed(lines, draw, tmp_path):
    folder = tmp_path / "alike"
    folder.mkdir()
    for i in range(6):
        Image.fromarray(draw.small_page(50 + i)).save(folder / f"{i}.png")
    config = DriftConfig(archive=str(folder), resamples=100, gallery=0, workers=1)
    sealed = detect(config, lines, tmp_path / "drift")
    assert sealed.facts["verdict"] in ("none", "partial")
    assert len(sealed.facts["drifted_descriptors"]) <= 1
    Image.fromarray(draw.small_page(60)).save(folder / "new.png")
    with pytest.raises(ConfigError, match="another parents"):
        detect(config, lines, tmp_path / "drift")


def test_without_an_archive_the_stand_in_is_compared_and_said_aloud(home, lines, tmp_path, caplog):
    sealed = detect(DriftConfig(resamples=100, workers=1), lines, tmp_path / "drift")
    assert sealed.facts["stand_in"]
    assert sealed.facts["pages"]["archive"] == 1
    assert "say nothing about your archive" in caplog.text
    assert "say nothing about your archive" in (tmp_path / "drift" / "drift.html").read_text()


def test_the_real_datas_archive_is_the_default(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_REAL_DATA", str(archive.parent))
    found = find_archive(DriftConfig(), tmp_path)
    assert found.title == str(archive)
    assert not found.stand_in


def test_an_archive_in_an_object_store_is_read_from_there(s3_settings, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_RUNS_DIR", str(tmp_path / "runs"))
    prefix = S3Url("archive", f"tests/drift-{tmp_path.name}")
    store = ObjectStore.from_settings(s3_settings)
    for path in archive.glob("*.jpg"):
        store.write(path.read_bytes(), prefix / "volume" / path.name)
    found = find_archive(DriftConfig(archive=str(prefix)), tmp_path)
    assert [scan.name for scan in found.scans] == [f"volume/scan {i}.jpg" for i in range(CURRENT)]
    assert found.title == str(prefix)


def test_too_many_broken_scans_are_refused_with_their_reasons(lines, config, tmp_path):
    strict = config.model_copy(update={"max_broken": 0.1})
    with pytest.raises(InputError, match=r"1 broken of 6 \(broken\.png") as caught:
        detect(strict, lines, tmp_path / "drift")
    assert "drift.max_broken" in str(caught.value)
    assert not (tmp_path / "drift" / manifest.NAME).exists()


def test_too_few_synthetic_pages_are_refused(draw, config, tmp_path):
    poor = make_lines(tmp_path / "poor", draw, count=2)
    with pytest.raises(ArtifactError, match=r"synthesis\.pages"):
        detect(config, poor, tmp_path / "drift")


def test_an_altered_reference_is_refused(draw, config, tmp_path):
    altered = make_lines(tmp_path / "altered", draw, count=3)
    path = altered / "pages" / "page-1.degraded.png"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="page-1"):
        detect(config, altered, tmp_path / "drift")


def test_a_missing_archive_is_refused(lines, tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        detect(DriftConfig(archive=str(tmp_path / "nowhere")), lines, tmp_path / "drift")
