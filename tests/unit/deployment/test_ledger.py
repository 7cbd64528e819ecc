"""Nobody changes, removes or inserts an entry without it being noticed."""

import uuid

import pytest

from pulih.common.errors import ArtifactError
from pulih.deployment.ledger import Ledger, before, served
from pulih.deployment.release import Release
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


def release(version):
    return Release(model="m", version=str(version), digest=f"{version}" * 12, decision="d", uri=f"s3://m/{version}")


@pytest.fixture
def ledger(s3_settings):
    return Ledger(ObjectStore.from_settings(s3_settings), S3Url("models", f"ledger/{uuid.uuid4().hex}"))


@pytest.fixture
def store(ledger):
    for action, version in (("deploy", 1), ("deploy", 2), ("failed", 3)):
        ledger.add(action, release(version), {"of": version}, "because", "commit")
    return ledger._store


def test_entries_come_back_in_order_one_object_each(ledger, store):
    entries = ledger.entries()
    assert [(entry.sequence, entry.action, entry.release.version) for entry in entries] == [
        (1, "deploy", "1"),
        (2, "deploy", "2"),
        (3, "failed", "3"),
    ]
    assert [stored.url.name[:6] for stored in store.list(ledger.folder)] == ["000001", "000002", "000003"]
    assert entries[1].previous == entries[0].hash


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: content.replace(b'"because"', b'"another"'), "does not match its hash"),
        (lambda _: b"{}", "does not parse"),
    ],
)
def test_an_altered_entry_is_named(ledger, store, change, why):
    place = store.list(ledger.folder)[1].url
    store.write(change(store.read(place)), place)
    with pytest.raises(ArtifactError, match=f"000002.*{why}"):
        ledger.entries()


def test_a_missing_entry_and_two_at_once_are_noticed(ledger, store):
    listed = store.list(ledger.folder)
    content = store.read(listed[1].url)
    store.delete(listed[1].url)
    with pytest.raises(ArtifactError, match=r"000003.*does not follow"):
        ledger.entries()
    store.write(content, listed[1].url)
    store.write(content, ledger.folder / "000002-zzzzzzzzzzzz.json")
    with pytest.raises(ArtifactError, match=r"000002-z.*does not follow"):
        ledger.entries()


def test_failures_change_nothing_of_what_is_served(ledger, store):
    entries = ledger.entries()
    assert served(entries)[-1].release.version == "2"
    assert before(entries).release.version == "1"
    assert before(entries[:1]) is None
    assert served([]) == []
