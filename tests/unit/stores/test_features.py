from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pulih.common.errors import StoreError
from pulih.common.settings import Settings
from pulih.features.catalogue import CODE, ENTITY, NAMES, SERVICE, TABLE, VIEW
from pulih.stores.features import Definition, open_repository

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
LATE = EARLY + timedelta(days=30)


def rows(keys, moment, value):
    table = pd.DataFrame({ENTITY: keys, "event_timestamp": pd.Timestamp(moment), CODE: "abc"})
    return table.assign(**dict.fromkeys(NAMES, value))


@pytest.fixture(scope="module")
def definition():
    from pulih.features import definitions

    folder = Path(definitions.__file__).parent
    sources = [folder / "feature_store.yaml", folder / "definitions.py"]
    return Definition(definitions.OBJECTS, ENTITY, VIEW, SERVICE, TABLE, sources)


@pytest.fixture
def repository(definition, tmp_path):
    with open_repository(definition, Settings(runs_dir=tmp_path)) as opened:
        yield opened


def test_features_are_those_known_at_the_moment_asked_for(repository):
    repository.add(rows(["a", "b"], EARLY, 1.0))
    repository.add(rows(["a"], LATE, 2.0))
    between = repository.at(["b", "a"], EARLY + timedelta(days=1))
    assert between[ENTITY].tolist() == ["b", "a"]
    assert between["slant"].tolist() == [1.0, 1.0]
    assert repository.at(["a"], LATE)["slant"].tolist() == [2.0]


def test_a_page_without_features_at_the_moment_keeps_its_row(repository):
    repository.add(rows(["a", "later"], LATE, 1.0))
    repository.add(rows(["early"], EARLY, 3.0))
    found = repository.at(["later", "unknown", "early"], EARLY)
    assert found[ENTITY].tolist() == ["later", "unknown", "early"]
    assert found["noise"].isna().tolist() == [True, True, False]


def test_the_online_store_serves_the_newest_features(repository):
    assert repository.latest(["a"]).empty
    repository.add(rows(["a", "b"], EARLY, 1.0))
    repository.add(rows(["a"], LATE, 2.0))
    found = repository.latest(["a", "stranger", "b"]).set_index(ENTITY)
    assert found["blur"].to_dict() == {"a": 2.0, "b": 1.0}


def test_an_undefined_descriptor_stays_undefined(repository):
    repository.add(rows(["blank"], EARLY, 1.0).assign(slant=float("nan")))
    assert repository.at(["blank"], LATE)["slant"].isna().all()
    assert repository.latest(["blank"])["slant"].isna().all()


def test_a_reopened_repository_keeps_its_rows_and_the_users_settings(definition, tmp_path):
    settings = Settings(runs_dir=tmp_path)
    with open_repository(definition, settings) as first:
        first.add(rows(["a"], EARLY, 1.0))
    config = tmp_path / "features" / "feature_store.yaml"
    config.write_text(config.read_text().replace("online_store.db", "elsewhere.db"))
    with open_repository(definition, settings) as second:
        second.add(rows(["b"], EARLY, 2.0))
        assert second.at(["a", "b"], LATE)["noise"].tolist() == [1.0, 2.0]
    assert (tmp_path / "features" / "data" / "elsewhere.db").is_file()


def test_a_registry_broken_by_a_kill_is_made_anew(definition, tmp_path):
    settings = Settings(runs_dir=tmp_path)
    with open_repository(definition, settings) as first:
        first.add(rows(["a"], EARLY, 1.0))
    (tmp_path / "features" / "data" / "registry.db").write_bytes(b"\x0a\xff\xff broken")
    with open_repository(definition, settings) as second:
        assert second.at(["a"], LATE)["noise"].tolist() == [1.0]


def test_a_broken_table_is_named(definition, tmp_path):
    (tmp_path / "features" / "data").mkdir(parents=True)
    table = tmp_path / "features" / TABLE
    table.write_bytes(b"no parquet")
    with (
        open_repository(definition, Settings(runs_dir=tmp_path)) as repository,
        pytest.raises(StoreError, match=str(table)),
    ):
        repository.add(rows(["a"], EARLY, 1.0))


def test_a_broken_configuration_is_named(definition, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "feature_store.yaml").write_text("project: [")
    settings = Settings(feast_repo=tmp_path / "mine")
    with open_repository(definition, settings) as repository, pytest.raises(StoreError, match=r"feature_store\.yaml"):
        repository.add(rows(["a"], EARLY, 1.0))


def test_a_folder_that_cannot_be_made_is_named(definition, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(StoreError, match="PULIH_FEAST_REPO"),
        open_repository(definition, Settings(feast_repo=tmp_path / "file" / "repo")),
    ):
        pass


def test_the_repository_folder_serves_feasts_own_commands(repository, monkeypatch):
    from feast.repo_operations import parse_repo

    repository.add(rows(["a"], EARLY, 1.0))
    monkeypatch.chdir(repository.folder)
    monkeypatch.syspath_prepend(str(repository.folder))
    contents = parse_repo(repository.folder)
    assert [view.name for view in contents.feature_views] == [VIEW]
    assert [service.name for service in contents.feature_services] == [SERVICE]
