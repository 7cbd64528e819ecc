"""Records that nobody can alter unseen: every entry seals itself and names the seal of the one before."""

import hashlib
import json
from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict

START = "0" * 64


class Link(BaseModel):
    """An entry; ``hash`` is the SHA-256 of all else as canonical JSON, ``previous`` that of the entry before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    time: str
    previous: str
    hash: str = ""

    def sealed(self) -> Self:
        """Return the entry with its hash."""
        content = json.dumps(self.model_dump(mode="json", exclude={"hash"}), sort_keys=True, separators=(",", ":"))
        return self.model_copy(update={"hash": hashlib.sha256(content.encode()).hexdigest()})


def seal_of(entries: Sequence[Link]) -> str:
    """Return what the entry that comes after ``entries`` must name as ``previous``."""
    return entries[-1].hash if entries else START


def flaw(entry: Link, before: Sequence[Link]) -> str | None:
    """Return what is wrong with an entry that should come after the sound ones ``before``, None if nothing is."""
    if entry.sealed() != entry:
        return "its content does not match its hash"
    if (entry.sequence, entry.previous) != (len(before) + 1, seal_of(before)):
        return "it does not follow the entry before it"
    return None
