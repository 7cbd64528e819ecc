"""A repository can be made before there is a page, and again when there are."""

from datetime import UTC, datetime

import pandas as pd

from pulih.common.settings import Settings
from pulih.drift.repository import page_repository, prepare
from pulih.features.catalogue import CODE, ENTITY, NAMES


def test_a_repository_made_without_pages_is_complete_and_making_it_again_keeps_its_rows(tmp_path):
    settings = Settings(feast_repo=tmp_path / "repo")
    assert prepare(settings) == tmp_path / "repo"
    made = {str(path.relative_to(tmp_path / "repo")) for path in (tmp_path / "repo").rglob("*") if path.is_file()}
    assert made == {"feature_store.yaml", "definitions.py", "data/registry.db", "data/online_store.db"}
    row = {ENTITY: "a", "event_timestamp": pd.Timestamp(datetime(2026, 1, 1, tzinfo=UTC)), CODE: "c"}
    with page_repository(settings) as repository:
        repository.add(pd.DataFrame([row | dict.fromkeys(NAMES, 2.0)]))
    prepare(settings)
    with page_repository(settings) as repository:
        assert repository.latest(["a"])["slant"].tolist() == [2.0]
