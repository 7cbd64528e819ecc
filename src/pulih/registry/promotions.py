"""The promotion record: who became champion, when and why; each entry seals the one before it.

The registry keeps the entries as notes of the registered model, and a file of JSON lines beside it holds them a second
time. An altered, removed or reordered entry breaks the chain of hashes or parts the two copies.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pulih.common.chain import Link, flaw, seal_of
from pulih.common.errors import ArtifactError

NOTE = "pulih.promotion."


class Reason(BaseModel):
    """What a promotion rests on: digests of the artifacts and the policy, and the code's commit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    restorer: str
    evaluation: str
    decision: str
    policy: str
    commit: str


class Promotion(Link):
    """One entry."""

    model: str
    version: str
    replaces: str | None
    reason: Reason

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def following(entries: list[Promotion], model: str, version: str, replaces: str | None, reason: Reason) -> Promotion:
    """Return the entry that comes after ``entries``."""
    return Promotion(
        sequence=len(entries) + 1,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        model=model,
        version=version,
        replaces=replaces,
        reason=reason,
        previous=seal_of(entries),
    ).sealed()


def note_key(entry: Promotion) -> str:
    """Return the name of the registry's note that holds an entry."""
    return f"{NOTE}{entry.sequence:06d}"


def from_notes(notes: Mapping[str, str]) -> list[Promotion]:
    """Return the verified entries among a registered model's notes; raises ArtifactError when they were altered."""
    return parse([notes[key] for key in sorted(notes) if key.startswith(NOTE)], "the registry's notes")


def parse(lines: list[str], origin: str) -> list[Promotion]:
    """Read entries and check sequence, chain and hashes; raises ArtifactError naming the first bad entry."""
    entries: list[Promotion] = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = Promotion.model_validate_json(line)
        except ValidationError as err:
            raise _altered(number, origin, "it does not parse") from err
        if why := flaw(entry, entries):
            raise _altered(number, origin, why)
        entries.append(entry)
    return entries


def read_file(path: Path) -> list[Promotion]:
    """Return the verified entries of a record's file, none when there is no file."""
    return parse(path.read_text(encoding="utf-8").splitlines(), str(path)) if path.is_file() else []


def extend_file(path: Path, entries: list[Promotion]) -> None:
    """Append what the file lacks of ``entries``; what it has, half a line after a crash included, is never rewritten.

    Raises:
        ArtifactError: the file holds an entry that ``entries`` does not.
    """
    whole = "".join(f"{entry.line()}\n" for entry in entries)
    present = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not whole.startswith(present):
        pairs = zip_longest(present.splitlines(), whole.splitlines())
        number = next(place for place, (mine, theirs) in enumerate(pairs, start=1) if mine != theirs)
        raise _altered(number, str(path), "the registry does not hold it so")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(whole[len(present) :])
        file.flush()
        os.fsync(file.fileno())


def _altered(number: int, origin: str, why: str) -> ArtifactError:
    fix = "Nobody edits this record: find out who did, and restore it from a copy."
    return ArtifactError("an untouched promotion record", f"entry {number} of {origin}: {why}", fix)
