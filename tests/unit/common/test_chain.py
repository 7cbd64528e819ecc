import hashlib
import json

from pulih.common.chain import START, Link, flaw, seal_of


def chain(length):
    entries = []
    for number in range(1, length + 1):
        entries.append(Link(sequence=number, time=f"day {number}", previous=seal_of(entries)).sealed())
    return entries


def test_seal_is_the_sha256_of_everything_else_as_canonical_json():
    entry = chain(1)[0]
    content = json.dumps({"previous": START, "sequence": 1, "time": "day 1"}, sort_keys=True, separators=(",", ":"))
    assert entry.hash == hashlib.sha256(content.encode()).hexdigest()


def test_sound_chain_has_no_flaw():
    entries = chain(3)
    assert [flaw(entry, entries[:place]) for place, entry in enumerate(entries)] == [None] * 3


def test_altered_removed_and_reordered_entries_are_flaws():
    first, second, third = chain(3)
    assert flaw(second.model_copy(update={"time": "another day"}), [first]) == "its content does not match its hash"
    assert flaw(third, [first]) == "it does not follow the entry before it"
    assert flaw(second, []) == "it does not follow the entry before it"
