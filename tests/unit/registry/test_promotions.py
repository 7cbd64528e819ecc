import json

import pytest

from pulih.common.chain import START
from pulih.common.errors import ArtifactError
from pulih.registry.promotions import Reason, extend_file, following, from_notes, note_key, parse, read_file

REASON = Reason(restorer="r", evaluation="e", decision="d", policy="p", commit="c")


@pytest.fixture
def entries():
    chain = []
    for version in ("1", "2", "3"):
        chain.append(following(chain, "m", version, chain[-1].version if chain else None, REASON))
    return chain


def test_each_entry_seals_the_one_before(entries):
    assert [e.sequence for e in entries] == [1, 2, 3]
    assert entries[0].previous == START
    assert [e.previous for e in entries[1:]] == [e.hash for e in entries[:-1]]
    assert len({e.hash for e in entries}) == 3


def test_a_record_reads_back_equal_from_file_and_notes(entries, tmp_path):
    extend_file(tmp_path / "record.jsonl", entries)
    notes = {note_key(entry): entry.line() for entry in entries} | {"other": "note"}
    assert read_file(tmp_path / "record.jsonl") == entries == from_notes(notes)


def test_extending_never_rewrites_what_is_there(entries, tmp_path):
    record = tmp_path / "record.jsonl"
    extend_file(record, entries[:2])
    before = record.read_bytes()
    inode = record.stat().st_ino
    extend_file(record, entries)
    assert record.read_bytes().startswith(before)
    assert record.stat().st_ino == inode
    unchanged = record.read_bytes()
    extend_file(record, entries)
    assert record.read_bytes() == unchanged


def test_half_a_line_left_by_a_crash_is_completed(entries, tmp_path):
    record = tmp_path / "record.jsonl"
    extend_file(record, entries)
    whole = record.read_bytes()
    record.write_bytes(whole[:-30])
    extend_file(record, entries)
    assert record.read_bytes() == whole


@pytest.mark.parametrize("field", ["time", "model", "version", "replaces", "reason", "sequence", "previous", "hash"])
def test_changing_any_field_of_any_entry_is_noticed(entries, field):
    for number in range(3):
        lines = [entry.line() for entry in entries]
        content = json.loads(lines[number])
        content[field] = {
            "sequence": 9, "reason": {**content["reason"], "decision": "x"}, "hash": "0" * 64,
        }.get(field, "forged")  # fmt: skip
        lines[number] = json.dumps(content)
        with pytest.raises(ArtifactError, match=f"entry {number + 1} "):
            parse(lines, "record")


def test_a_forged_entry_with_a_fresh_hash_breaks_the_chain_after_it(entries):
    forged = entries[1].model_copy(update={"version": "7"}).sealed()
    with pytest.raises(ArtifactError, match="entry 3 "):
        parse([entries[0].line(), forged.line(), entries[2].line()], "record")


@pytest.mark.parametrize("order", [(1, 2), (0, 2), (1, 0, 2), (0, 0, 1, 2)])
def test_removed_reordered_and_repeated_entries_are_noticed(entries, order):
    with pytest.raises(ArtifactError, match="does not follow"):
        parse([entries[number].line() for number in order], "record")


def test_a_line_that_is_no_entry_is_noticed(entries):
    with pytest.raises(ArtifactError, match=r"entry 2 .* does not parse"):
        parse([entries[0].line(), "{}"], "record")


def test_a_file_that_differs_from_the_registry_is_noticed_and_kept(entries, tmp_path):
    record = tmp_path / "record.jsonl"
    other = following(entries[:1], "m", "9", "1", REASON)
    extend_file(record, [entries[0], other])
    before = record.read_bytes()
    with pytest.raises(ArtifactError, match="entry 2 "):
        extend_file(record, entries)
    assert record.read_bytes() == before


def test_a_registry_that_lost_its_last_entry_is_noticed(entries, tmp_path):
    record = tmp_path / "record.jsonl"
    extend_file(record, entries)
    with pytest.raises(ArtifactError, match="entry 3 "):
        extend_file(record, entries[:2])
